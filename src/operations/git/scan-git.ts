import { z } from "zod";
import type { Context } from "#operations/context.ts";
import { ask } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { ProjectAlias } from "#operations/project/project-of.ts";
import { knownRepos } from "#operations/project/registered-repos.ts";
import { isMissing } from "#operations/project/repo-view.ts";
import { barHeads } from "./untrusted-repos.ts";
import { indexRepo, recordHistory } from "./index-repo.ts";
import { headOnce, type TargetHeads } from "#operations/settle/target-branches.ts";
import { settleByGit } from "#operations/settle/settle-by-git.ts";

const RepoScanView = z.object({
  repo: z.string(),
  project: z.string(),
  /** No checkout on this host, or it is gone: nothing was read. */
  missing: z.boolean(),
  /** New commits. */
  commits: z.int(),
  refs: z.int(),
  branches: z.int(),
  rewritten: z.int(),
  gone: z.int(),
});

export const scanGit = defineOperation({
  name: "git.scan",
  summary: "Read what is new in the repositories' history, and which items it names.",
  description:
    "A mention links a commit to an item; it closes nothing. Git settles an item in review whose recorded commit, or one that makes the same change and names it, is on the target; it takes back what the target lost.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({ project: ProjectAlias.optional() }),
  output: z.object({
    repos: z.array(RepoScanView),
    /** Items that waited for git and were seen on their target. */
    settled: z.array(z.string()),
    /** Done items whose commit the target lost. */
    unlanded: z.array(z.string()),
    /** Items whose commit stayed away for a day: open in triage. */
    reopened: z.array(z.string()),
    /** Items that a commit said to close. */
    closed: z.array(z.string()),
    /** Items that their pull request sent back to agents: closed, changes requested, checks failed, a conflict. */
    returned: z.array(z.string()),
  }),
  errors: ["not_found"],
  examples: [{ command: "sluice git scan", does: "Bring the index of commits up to date" }],
  run: async (context, input) => {
    const asked = { ...input, host: context.caller.host, history: true };
    const { repos, prefixes, heads: known } = await ask(context, knownRepos, asked);
    const heads: TargetHeads = new Map();
    await barHeads(await context.git(), repos, heads);
    const scanned = await inParallel(repos, (repo) => scanRepo(context, repo, { prefixes, known, heads }));
    const present = repos.filter((_, at) => scanned[at]?.missing === false);
    return { repos: [...scanned], ...(await settleByGit(context, present, heads)) };
  },
});

/** Repositories read at once: git waits for the disk more than for a processor. */
const AT_ONCE = 8;

async function inParallel<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = all.entries();
  const drain = async () => {
    for (const [at, one] of waiting) results[at] = await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, drain));
  return results;
}

const NOTHING = { commits: 0, refs: 0, branches: 0, rewritten: 0, gone: 0 };

interface Known {
  readonly prefixes: readonly string[];
  /** Branch heads as last seen. */
  readonly known: readonly { readonly repoId: number; readonly name: string; readonly sha: string }[];
  readonly heads: TargetHeads;
}

async function scanRepo(
  context: Context,
  repo: Repo,
  { prefixes, known, heads }: Known,
): Promise<z.input<typeof RepoScanView>> {
  const { alias, project, commonDir } = repo;
  const named = { repo: alias, project };
  if (commonDir === null) return { ...named, missing: true, ...NOTHING };
  const git = await context.git();
  try {
    if (repo.target === "remote") await headOnce(git, heads, repo); // fetched first, so that the index knows it
    const scan = await indexRepo({
      git,
      repoId: repo.id,
      commonDir,
      prefixes,
      heads: known.filter(({ repoId }) => repoId === repo.id),
      record: (found) => ask(context, recordHistory, found),
      onBatch: (commits) => context.progress?.(`${alias}: ${commits} commits`),
    });
    return { ...named, missing: false, ...scan };
  } catch (error) {
    if (await isMissing(context, repo)) return { ...named, missing: true, ...NOTHING };
    throw error;
  }
}
