import { invalidField, SluiceError } from "#domain/errors.ts";
import { parseSha } from "#domain/git-ref/sha.ts";
import type { GitReading } from "#operations/ports/git.ts";
import { checkPath } from "./check-path.ts";
import { gone } from "./refuse.ts";
import { commitAt } from "./resolve.ts";
import { decode, type GitResult, type GitRunner } from "./run-git.ts";

/** A premise is checked while a claim waits. */
const DEFAULT_TIMEOUT_MS = 10_000;
const SYNTAX = { fixed: ["-F"], word: ["-F", "-w"], ere: ["-E"] } as const;

type Query = Parameters<GitReading["grep"]>[0];
type Found = Awaited<ReturnType<GitReading["grep"]>>;

export async function grep(git: GitRunner, query: Query): Promise<Found> {
  const { repo, commit, pattern, syntax } = query;
  if (pattern === "" || /[\0\n]/.test(pattern)) throw invalidField("pattern", pattern, "one line of text");
  if ((await commitAt(git, repo, parseSha(commit))) === undefined) throw gone("commit", commit);
  const how = [
    "-z",
    "-I",
    "--count",
    "--full-name",
    "--no-color",
    "--no-textconv",
    "--no-recurse-submodules",
  ];
  const paths = (query.paths ?? []).map(checkPath);
  const args = ["grep", ...how, ...SYNTAX[syntax], "-e", pattern, commit, "--", ...paths];
  const result = await runInTime(git, { cwd: repo, args, timeoutMs: query.timeoutMs ?? DEFAULT_TIMEOUT_MS });
  if (result.exit > 1)
    throw invalidField("pattern", pattern, "an extended regular expression that git takes");
  return counted(decode(result.stdout), commit);
}

async function runInTime(git: GitRunner, command: Parameters<GitRunner["run"]>[0]): Promise<GitResult> {
  try {
    return await git.run(command);
  } catch (error) {
    if (!(error instanceof SluiceError) || error.details["timedOut"] !== true) throw error;
    throw new SluiceError(
      "limited",
      `The search took longer than ${command.timeoutMs ?? 0} ms and was stopped`,
      {
        hint: "Name fewer paths or use a simpler pattern.",
        cause: error,
      },
    );
  }
}

/** Rows are `COMMIT:path NUL count LF`. */
function counted(text: string, commit: string): Found {
  const files = [...text.matchAll(/([^\0]*)\0(\d+)\n/g)].map(([, name = "", count]) => ({
    path: name.slice(commit.length + 1),
    count: Number(count),
  }));
  return { count: files.reduce((sum, file) => sum + file.count, 0), files };
}
