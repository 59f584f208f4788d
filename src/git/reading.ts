import { invalidField, SluiceError } from "#domain/errors.ts";
import { isSha, parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { ChangedPath, GitReading } from "#operations/ports/git.ts";
import { splitNul } from "./git-environment.ts";
import { inspect, repoPlaces } from "./inspect.ts";
import { branchHead, commitAt, gone, resolveCommit } from "./resolve.ts";
import { decode, gitFailed, type GitResult, type GitRunner } from "./run-git.ts";
import { identity } from "./write-commit.ts";

const DEFAULT_MAX_BYTES = 1024 * 1024;
const SAFE_DIFF = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"] as const;

export function createReading(git: GitRunner): GitReading {
  return {
    places: ({ folders }) => repoPlaces(git, folders),
    inspect: ({ path }) => inspect(git, path),
    resolve: ({ repo, name }) => resolveCommit(git, repo, name),
    headOf: ({ repo, branch }) => branchHead(git, repo, branch),
    identity: ({ repo }) => identity(git, repo),
    diff: (p) => diff(git, p),
    showFile: (p) => showFile(git, p),
    files: async ({ repo, commit }) =>
      splitNul(
        await git.text({
          cwd: repo,
          args: ["ls-tree", "-r", "-z", "--name-only", "--full-tree", parseSha(commit)],
        }),
      ),
    pathExists: async (p) => (await entryAt(git, p)) !== undefined,
    grep: (p) => grep(git, p),
  };
}

type Range = Parameters<GitReading["diff"]>[0];
type Place = Parameters<GitReading["showFile"]>[0];

/** Between two commits or trees. Renames show as one deletion and one addition. */
export async function changedPaths(
  git: GitRunner,
  { repo, base, head }: Range,
): Promise<readonly ChangedPath[]> {
  const args = ["diff-tree", "-r", "-z", "--name-status", ...SAFE_DIFF, parseSha(base), parseSha(head)];
  const fields = splitNul(await git.text({ cwd: repo, args }));
  return fields.flatMap((status, at) =>
    at % 2 === 0 ? [{ change: changeOf(status), path: fields[at + 1] ?? "" }] : [],
  );
}

function changeOf(status: string): ChangedPath["change"] {
  return status === "A" ? "added" : status === "D" ? "deleted" : "modified";
}

async function diff(
  git: GitRunner,
  { repo, base, head, maxBytes = DEFAULT_MAX_BYTES }: Range,
): Promise<{ text: string; truncated: boolean }> {
  const args = ["diff-tree", "-r", "-p", ...SAFE_DIFF, parseSha(base), parseSha(head)];
  const result = await git.run({ cwd: repo, args, maxBytes, overflow: "cut" });
  if (result.exit !== 0 && !result.truncated) throw gitFailed(args, result.stderr);
  return { text: decode(result.stdout), truncated: result.truncated };
}

export async function showFile(
  git: GitRunner,
  place: Place,
): Promise<{ bytes: Uint8Array; truncated: boolean } | undefined> {
  const entry = await entryAt(git, place);
  if (entry?.type !== "blob") return undefined;
  const { repo: cwd, maxBytes = DEFAULT_MAX_BYTES } = place;
  const args = ["cat-file", "blob", entry.sha];
  const result = await git.run({ cwd, args, maxBytes, overflow: "cut" });
  if (result.exit !== 0 && !result.truncated) throw gitFailed(args, result.stderr);
  return { bytes: result.stdout, truncated: result.truncated };
}

async function entryAt(
  git: GitRunner,
  { repo, commit, path }: { repo: string; commit: Sha; path: string },
): Promise<{ type: string; sha: Sha } | undefined> {
  const args = ["ls-tree", "-z", "--full-tree", parseSha(commit), "--", checkPath(path)];
  const [entry = ""] = splitNul(await git.text({ cwd: repo, args }));
  const [, type, sha = ""] = entry.slice(0, entry.indexOf("\t")).split(" ");
  return type !== undefined && isSha(sha) ? { type, sha } : undefined;
}

/** A path inside a repository as git spells it: relative, no empty, `.` or `..` part, no NUL; a last slash is dropped. */
export function checkPath(path: string): string {
  const clean = path.replace(/\/+$/, "");
  const parts = clean.split("/");
  if (
    clean === "" ||
    clean.includes("\0") ||
    parts.some((part) => part === "" || part === "." || part === "..")
  )
    throw invalidField("path", path, "a relative path without . or .. parts");
  return clean;
}

/** A premise is checked while a claim waits. */
const DEFAULT_TIMEOUT_MS = 10_000;
const SYNTAX = { fixed: ["-F"], word: ["-F", "-w"], ere: ["-E"] } as const;

type Query = Parameters<GitReading["grep"]>[0];
type Found = Awaited<ReturnType<GitReading["grep"]>>;

async function grep(git: GitRunner, query: Query): Promise<Found> {
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
