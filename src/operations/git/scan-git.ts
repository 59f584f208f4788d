import { z } from "zod";
import type { Context } from "#operations/context.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { namedProject, ProjectAlias } from "#operations/project/project-of.ts";
import { isMissing } from "#operations/project/repo-view.ts";
import { barHeads } from "./untrusted-repos.ts";
import { indexRepo } from "./index-repo.ts";
import { headOnce, type TargetHeads } from "#operations/settle/landing-judge.ts";
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
    const { store, caller } = context;
    const project = await namedProject(context, input.project);
    const prefixes = await store.projects.prefixes();
    const repos = await store.projects.repos({ projectId: project?.id, host: caller.host });
    const heads: TargetHeads = new Map();
    await barHeads(await context.git(), repos, heads);
    const scanned = await inParallel(repos, (repo) => scanRepo(context, repo, { prefixes, heads }));
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

async function scanRepo(
  context: Context,
  repo: Repo,
  { prefixes, heads }: { readonly prefixes: readonly string[]; readonly heads: TargetHeads },
): Promise<z.input<typeof RepoScanView>> {
  const { alias, project, commonDir } = repo;
  const named = { repo: alias, project };
  if (commonDir === null) return { ...named, missing: true, ...NOTHING };
  const git = await context.git();
  try {
    if (repo.target === "remote") await headOnce(git, heads, repo); // fetched first, so that the index knows it
    const scan = await indexRepo({
      git,
      commits: context.store.commits,
      repoId: repo.id,
      commonDir,
      prefixes,
      onBatch: (commits) => context.progress?.(`${alias}: ${commits} commits`),
    });
    return { ...named, missing: false, ...scan };
  } catch (error) {
    if (await isMissing(context, repo)) return { ...named, missing: true, ...NOTHING };
    throw error;
  }
}
