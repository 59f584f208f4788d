import { z } from "zod";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import { runRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { ask } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { Run, RunRepo } from "#operations/ports/store/run-store.ts";
import { SluiceError } from "#domain/errors.ts";
import { openWork, requireRun } from "#operations/worker/open-work.ts";
import { whoCommit } from "#operations/git/who-commit.ts";
import { RunRef, runIdOf } from "./run-view.ts";

const MAX_DIFF_BYTES = 1024 * 1024;

export const runDiff = defineOperation({
  name: "run.diff",
  summary: "Show what a run changed, against the commit it started from.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({ run: RunRef }),
  output: z.object({
    run: z.string(),
    diff: z.string(),
    truncated: z.boolean(),
    repos: z.array(z.object({ alias: z.string(), base: z.string(), head: z.string() })),
    /** Repositories whose commits are not on this host any more. */
    missing: z.array(z.string()),
  }),
  errors: ["not_found"],
  positional: ["run"],
  examples: [{ command: "sluice run diff R-31", does: "Read what it changed" }],
  run: async (context, { run }) => {
    const known = await knownRun(context, run);
    const { id, here } = known;
    const repos = known.repos.length > 0 ? known.repos : await attendedRepos(context, known);
    const parts = await Promise.all(repos.map((repo) => repoDiff(context, repo, here)));
    const shown = parts.filter((part) => part !== undefined);
    return {
      run: runRef(id),
      diff: shown.map(({ text }) => text).join("\n"),
      truncated: shown.some(({ truncated }) => truncated),
      repos: shown.map(({ alias, base, head }) => ({ alias, base, head })),
      missing: repos.filter((_, index) => parts[index] === undefined).map(({ alias }) => alias),
    };
  },
});

/** A run, and its repositories as this machine has them. */
export async function knownRun(context: Context, ref: string): Promise<Run & Here> {
  const { host } = context.caller;
  const work = await ask(context, openWork, { host, of: { run: runIdOf(ref) } });
  return { ...requireRun(work), here: work.repos, item: work.ref };
}

interface Here {
  readonly here: readonly Repo[];
  /** Ref of its item. */
  readonly item: string;
}

/** What a run without a worker left: from before its first commit to its last, of those that are in the index. */
async function attendedRepos(context: Context, { id, here, item }: Run & Here): Promise<readonly RunRepo[]> {
  const { commits } = await whoCommit.run(context, { of: item });
  const own = commits.filter(({ items }) => items.some(({ run }) => run === runRef(id)));
  return here.flatMap(({ id: repoId, alias, defaultBranch }) => {
    const made = own.filter(({ repo }) => repo === alias);
    const shas = new Set(made.map(({ sha }) => sha));
    const first = made.find(({ parents }) => !shas.has(parents[0] ?? ""));
    const parents = new Set(made.flatMap((commit) => commit.parents));
    const last = made.find(({ sha }) => !parents.has(sha));
    if (first === undefined || last === undefined) return [];
    const sides = { baseSha: first.parents[0] ?? null, headSha: last.sha };
    return [{ repoId, alias, target: defaultBranch ?? "", worktree: null, branch: null, ...sides }];
  });
}

async function repoDiff(context: Context, repo: RunRepo, here: readonly Repo[]) {
  const commonDir = here.find(({ id }) => id === repo.repoId)?.commonDir ?? null;
  const { alias, baseSha: base } = repo;
  if (commonDir === null || base === null || !isSha(base)) return undefined;
  const git = await context.git();
  try {
    const head = await headOf(git, commonDir, repo);
    if (head === undefined) return undefined;
    const diff = await git.diff({ repo: commonDir, base, head, maxBytes: MAX_DIFF_BYTES });
    return { alias, base, head, ...diff };
  } catch (error) {
    if (error instanceof SluiceError && error.code === "not_found") return undefined;
    throw error;
  }
}

/** What was recorded when the run ended; while it goes on, its branch as it is now. */
async function headOf(git: GitPort, repo: string, run: RunRepo): Promise<Sha | undefined> {
  if (run.headSha !== null && isSha(run.headSha)) return run.headSha;
  return run.branch === null ? undefined : await git.headOf({ repo, branch: run.branch });
}
