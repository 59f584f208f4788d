import { SluiceError } from "#domain/errors.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { Context } from "#operations/context.ts";
import { indexRepo, recordHistory } from "#operations/git/index-repo.ts";
import { asGit } from "#operations/settle/apply-verdicts.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { IndexedCommit } from "#operations/ports/store/commit-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { isMissing } from "#operations/project/repo-view.ts";

/** Git keeps whole seconds: what was committed in the second of the claim was committed after it. */
const SECOND_MS = 1_000;

/**
 * What an agent made that works beside a person, without a worker: in each target repository of this machine the newest commit that
 * names the item and was made since the claim. It becomes evidence, and git settles the item by it. Who gave commits knows better.
 * Never refuses: the result is reported already.
 */
export async function recordCommits(context: Context, detail: ItemDetail, run: Run): Promise<ItemDetail> {
  const given = detail.evidence.some(({ kind, runId }) => kind === "commit" && runId === run.id);
  if (detail.item.phase !== "await_git" || run.workerId !== null || given) return detail;
  const { store, caller } = context;
  const targets = new Set(detail.repos.filter(({ role }) => role === "target").map(({ repoId }) => repoId));
  const repos = targets.size === 0 ? [] : await store.projects.repos({ host: caller.host });
  let after = detail;
  try {
    for (const repo of repos.filter(({ id }) => targets.has(id)))
      after = await recordNewest(context, after, { repo, run });
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
  }
  return after;
}

async function recordNewest(
  context: Context,
  detail: ItemDetail,
  { repo, run }: { readonly repo: Repo; readonly run: Run },
): Promise<ItemDetail> {
  const { id: repoId, commonDir } = repo;
  if (commonDir === null || (await isMissing(context, repo))) return detail;
  const { commits, items } = context.store;
  const [git, prefixes, heads] = await Promise.all([
    context.git(),
    context.store.projects.prefixes(),
    commits.heads({ repoId }),
  ]);
  const record = (found: Parameters<typeof recordHistory.run>[1]) => recordHistory.run(context, found);
  await indexRepo({ git, repoId, commonDir, prefixes, heads, record, onBatch: () => {} });
  const naming = await commits.ofItem({ prefixes, number: detail.item.id });
  const since = Math.floor(run.startedAt / SECOND_MS) * SECOND_MS;
  const own = naming.filter((commit) => commit.repoId === repoId && commit.committedAt >= since);
  const newest = await newestOf(git, commonDir, own);
  const known = new Set(detail.evidence.map(({ value }) => value));
  return newest === undefined || known.has(newest)
    ? detail
    : items.addEvidence({
        by: asGit(context, context.caller.host),
        id: detail.item.id,
        kind: "commit",
        value: newest,
      });
}

/** Of those made in the same second, the one that holds the others. */
async function newestOf(
  git: GitPort,
  repo: string,
  commits: readonly IndexedCommit[],
): Promise<Sha | undefined> {
  const last = Math.max(...commits.map(({ committedAt }) => committedAt));
  let newest: Sha | undefined;
  for (const { sha } of commits.filter(({ committedAt }) => committedAt === last))
    if (isSha(sha) && (newest === undefined || (await git.reachable({ repo, sha: newest, from: sha }))))
      newest = sha;
  return newest;
}
