import type { Context } from "#operations/context.ts";
import type { LandingIntent } from "#operations/ports/store/run-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { followPullRequests } from "./follow-pull-requests.ts";
import { GIT_SECOND_MS } from "#domain/git-ref/sha.ts";
import { type LandingJudge, openLandingJudge, type TargetHeads } from "./landing-judge.ts";
import { settleLeftLandings, unlessMoved } from "./settle-left-landings.ts";

/** What the history said about items. Refs. */
interface GitSettlement {
  readonly settled: string[];
  readonly unlanded: string[];
  readonly reopened: string[];
  readonly closed: string[];
  /** Sent back to agents by what happened to their pull requests. */
  readonly returned: string[];
}

/** A rebase or a deploy in progress brings a commit back within a day; after that a person looks. */
const GRACE_MS = 24 * 3_600_000;
/** Items looked at in one scan. */
const MOST = 1_000;

/** Lets the history of the repositories decide: what waits for git is settled, what git lost comes back. Never on a mere mention. */
export async function settleByGit(
  context: Context,
  repos: readonly Repo[],
  heads: TargetHeads,
): Promise<GitSettlement> {
  const { store } = context;
  const judge = await openLandingJudge(context, repos, heads);
  const returned = await followPullRequests(context, judge, repos);
  const waiting = await store.items.list({
    filter: { states: ["review"], phases: ["await_git"] },
    page: { limit: MOST },
  });
  const settled = await settleLeftLandings(context, judge, repos);
  const reopened: string[] = [];
  for (const { id, notBefore } of waiting.items) {
    const sight = await judge.sightOf(await store.items.get({ id }));
    const isOver = notBefore !== null && notBefore <= (await store.now());
    if (sight === "there" && (await unlessMoved(settle(context, judge, id)))) settled.push(judge.refOf(id));
    if (sight === "gone" && isOver && (await unlessMoved(giveUp(context, judge, id))))
      reopened.push(judge.refOf(id));
  }
  return {
    settled,
    reopened,
    returned,
    unlanded: await unlandLost(context, judge, repos),
    closed: await closeNamed(context, judge, repos),
  };
}

function settle({ store }: Context, { by }: LandingJudge, id: number): Promise<unknown> {
  const note = "Seen on the target branch of every repository";
  return store.claims.advance({ by, id, phase: "await_git", note });
}

function giveUp({ store }: Context, { by }: LandingJudge, id: number): Promise<unknown> {
  return store.items.reopen({ by, id, reason: "Its commit has been gone from the target for a day" });
}

/** Done items whose commit the target no longer has, or another commit took back: back to review, and open in triage after a day. */
async function unlandLost(context: Context, judge: LandingJudge, repos: readonly Repo[]): Promise<string[]> {
  const { store } = context;
  const landings = await store.runs.landings({ state: "landed" });
  const landed = Map.groupBy(landings, ({ itemId }) => itemId);
  const reverted = await store.commits.reverted({ prefixes: judge.prefixes });
  const lost: string[] = [];
  for (const id of new Set([...landed.keys(), ...reverted.map(({ itemId }) => itemId)])) {
    const own = landed.get(id) ?? [];
    const detail = await store.items.get({ id });
    if (detail.item.state !== "done" || !(await landedFromHere(context, own, repos))) continue;
    if ((await judge.sightOf(detail)) !== "gone") continue;
    const reason = "Its commit was reverted, or is no longer on the target branch";
    if (await unlessMoved(store.items.unland({ by: judge.by, id, reason, graceMs: GRACE_MS })))
      lost.push(judge.refOf(id));
  }
  return lost;
}

/** A local branch is this host's own: where another host landed on its own, nothing here says that it is lost. */
async function landedFromHere(
  { store, caller }: Context,
  landings: readonly LandingIntent[],
  repos: readonly Repo[],
): Promise<boolean> {
  for (const { repoId, runId } of landings) {
    if (repos.find(({ id }) => id === repoId)?.target === "remote") continue;
    const { host } = await store.runs.get({ id: runId });
    if (host !== null && host !== caller.host) return false;
  }
  return true;
}

/** `Closes OB-9` on the target closes an open item that nobody works on, where the project's policy says so. */
async function closeNamed(
  { store }: Context,
  { by, prefixes, refOf, stands }: LandingJudge,
  repos: readonly Repo[],
): Promise<string[]> {
  const closed = new Set<string>();
  for (const { item, sha, authoredAt } of await store.commits.closing({ prefixes })) {
    const { id, projectId, repoId } = item;
    const repo = repos.find((one) => one.id === repoId);
    if (closed.has(refOf(id)) || repo === undefined) continue;
    const { policy } = await store.projects.byId({ id: projectId });
    if (policy.commitsClose !== true || authoredAt < (policy.commitsCloseFrom ?? 0) - GIT_SECOND_MS) continue;
    if (!(await stands(repo, sha))) continue;
    const evidence = [{ kind: "commit", value: sha }];
    if (await unlessMoved(store.items.close({ by, id, reason: `Commit ${sha} closes it`, evidence })))
      closed.add(refOf(id));
  }
  return Array.from(closed);
}
