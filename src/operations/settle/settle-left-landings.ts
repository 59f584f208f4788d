import { SluiceError } from "#domain/errors.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { Context } from "#operations/context.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { reportedRun } from "#operations/run/reported-run.ts";
import type { LandingJudge } from "./landing-judge.ts";

/** Items looked at in one scan. */
const MOST = 1_000;

/** What a worker had checked and left to a person, who has put it on the target meanwhile: settled as if the worker had seen it. Refs. */
export async function settleLeftLandings(
  context: Context,
  judge: LandingJudge,
  repos: readonly Repo[],
): Promise<string[]> {
  const { store } = context;
  const left = await store.items.list({
    filter: { states: ["review"], phases: ["land"], leased: false },
    page: { limit: MOST },
  });
  const settled: string[] = [];
  for (const { id } of left.items) {
    const found = await landedByPerson(context, judge, { repos, detail: await store.items.get({ id }) });
    if (found !== undefined && (await unlessMoved(settle(context, judge, id, found))))
      settled.push(judge.refOf(id));
  }
  return settled;
}

/** In each repo that the run changed, the commit that is on its target; undefined where one of them lacks it. */
async function landedByPerson(
  { store }: Context,
  judge: LandingJudge,
  { repos, detail }: { readonly repos: readonly Repo[]; readonly detail: ItemDetail },
): Promise<readonly Sha[] | undefined> {
  const run = await reportedRun(store, detail.item.id);
  if (run === undefined) return undefined;
  const intents = await store.runs.landings({ runId: run.id });
  const found: Sha[] = [];
  for (const place of run.repos.filter(({ baseSha, headSha }) => baseSha !== headSha)) {
    const repo = repos.find(({ id }) => id === place.repoId);
    const head = repo === undefined ? undefined : await judge.headOf(repo);
    if (repo === undefined || repo.commonDir === null || head === undefined) return undefined;
    const merges = intents.filter(({ repoId }) => repoId === place.repoId).map(({ merge }) => merge);
    const wanted = [...merges, place.headSha ?? ""].filter(isSha);
    const one = await firstReachable(judge, { repo: repo.commonDir, head }, wanted);
    if (one === undefined) return undefined;
    found.push(one);
  }
  return found.length === 0 ? undefined : found;
}

async function firstReachable(
  { git }: LandingJudge,
  { repo, head }: { readonly repo: string; readonly head: Sha },
  wanted: readonly Sha[],
): Promise<Sha | undefined> {
  for (const sha of wanted) if (await git.reachable({ repo, sha, from: head })) return sha;
  return undefined;
}

async function settle(
  { store }: Context,
  { by }: LandingJudge,
  id: number,
  commits: readonly Sha[],
): Promise<void> {
  const { evidence } = await store.items.get({ id });
  const known = new Set(evidence.map(({ value }) => value));
  for (const value of commits.filter((sha) => !known.has(sha)))
    await store.items.addEvidence({ by, id, kind: "commit", value });
  const note = "A person put it on the target branch of every repository";
  await store.claims.advance({ by, id, phase: "land", note });
}

/** False where somebody else has moved the item meanwhile: the next scan sees what they made of it. */
export async function unlessMoved(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === "conflict") return false;
    throw error;
  }
}
