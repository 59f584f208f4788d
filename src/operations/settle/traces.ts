import { z } from "zod";
import { numberInAddress, squashedFrom } from "#domain/forge/pull-request.ts";
import { GIT_SECOND_MS } from "#domain/git-ref/sha.ts";
import { HALF, Host } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { LandingIntent, Run } from "#operations/ports/store/run-store.ts";
import { reportedRun } from "#operations/run/reported-run.ts";
import type { Store } from "#operations/ports/store.ts";

/** Items of one standing looked at in one scan. */
const MOST = 1_000;
/** Runs of an item that are looked at. */
const RUNS = 100;

const Commits = z.array(z.string());

/** What is on record of an item's result in a target repository. Commits. */
const Target = z.object({
  repoId: z.int(),
  /** Put on the target by the product or by a forge. */
  merges: Commits,
  /** Heads of runs that reported a result. */
  heads: Commits,
  /** Their messages name the item. */
  naming: Commits,
  /** Of those, what by its number is the pull request that a forge squashed. */
  squashed: Commits,
});

const Traced = z.object({
  item: z.int(),
  /** It waits for git, is left to a person to land, or is done by a commit that git may lose. */
  standing: z.enum(["waits", "left", "done"]),
  /** Where it waits: its commit was gone for as long as that is borne with. */
  isOver: z.boolean(),
  /** Commits given as evidence, perhaps by the start of their ids. */
  given: Commits,
  targets: z.array(Target),
  /** What its run changed, where a person is to land it: of these commits one must be on each target. */
  changed: z.array(z.object({ repoId: z.int(), commits: Commits })),
});

/** An item that the history of repositories decides about. */
export type TracedItem = Readonly<z.output<typeof Traced>>;

const Asked = z.object({
  id: z.int(),
  item: z.int(),
  repoId: z.int(),
  number: z.int(),
  url: z.string(),
});
/** A pull request that a forge is to be asked about. */
export type AskedPullRequest = Readonly<z.output<typeof Asked>>;

export const openQuestions = defineOperation({
  ...HALF,
  name: "git.open",
  summary: "Show what the history of repositories decides about.",
  effect: "read",
  input: z.strictObject({ host: Host, repos: z.array(z.int()).describe("Those that can be read") }),
  output: z.object({
    items: z.array(Traced),
    pullRequests: z.array(Asked),
    /** Commits that by their own words take others back. */
    reverts: z.array(z.object({ repoId: z.int(), sha: z.string(), reverted: z.string() })),
    /** Commits that say to close an open item, where its project lets them. */
    closing: z.array(z.object({ item: z.int(), repoId: z.int(), sha: z.string() })),
  }),
  errors: [],
  run: async ({ store }, { host, repos }) => {
    const here = new Set(repos);
    const prefixes = await store.projects.prefixes();
    const open = await store.runs.pullRequests({ state: "open" });
    const look = { store, prefixes, host, here };
    return {
      items: [...(await leftItems(look)), ...(await waitingItems(look)), ...(await doneItems(look))],
      pullRequests: open
        .filter(({ repoId }) => here.has(repoId))
        .map(({ id, itemId: item, repoId, number, url }) => ({ id, item, repoId, number, url })),
      reverts: (await Promise.all(repos.map((repoId) => revertsIn(store, repoId)))).flat(),
      closing: await closingCommits(look),
    };
  },
});

interface Look {
  readonly store: Store;
  /** Of refs, the current one and former ones. */
  readonly prefixes: readonly string[];
  readonly host: string;
  readonly here: ReadonlySet<number>;
}

/** What a worker had checked and left to a person, who may have put it on the target meanwhile. */
async function leftItems({ store, here }: Look): Promise<readonly TracedItem[]> {
  const filter = { states: ["review"], phases: ["land"], leased: false } as const;
  const { items } = await store.items.list({ filter, page: { limit: MOST } });
  const left: TracedItem[] = [];
  for (const { id } of items) {
    const run = await reportedRun(store, id);
    const places = (run?.repos ?? []).filter(({ baseSha, headSha }) => baseSha !== headSha);
    if (run === undefined || places.length === 0 || !places.every(({ repoId }) => here.has(repoId))) continue;
    const intents = await store.runs.landings({ runId: run.id });
    const changed = places.map(({ repoId, headSha }) => {
      const merges = intents.filter((one) => one.repoId === repoId).map(({ merge }) => merge);
      return { repoId, commits: [...merges, headSha ?? ""] };
    });
    left.push({ item: id, standing: "left", isOver: false, given: [], targets: [], changed });
  }
  return left;
}

async function waitingItems(look: Look): Promise<readonly TracedItem[]> {
  const { store } = look;
  const filter = { states: ["review"], phases: ["await_git"] } as const;
  const { items } = await store.items.list({ filter, page: { limit: MOST } });
  const now = await store.now();
  const traced: TracedItem[] = [];
  for (const { id, notBefore } of items) {
    const detail = await store.items.get({ id });
    if (!isHere(look, detail)) continue;
    const landings = await store.runs.landings({ itemId: id });
    const isOver = notBefore !== null && notBefore <= now;
    const { items: runs } = await store.runs.list({ itemId: id, page: { limit: RUNS } });
    traced.push(await trace(look, detail, { standing: "waits", isOver, landings, runs }));
  }
  return traced;
}

const revertsIn = async ({ commits }: Store, repoId: number) =>
  (await commits.reverts({ repoId })).map(({ sha, reverted }) => ({ repoId, sha, reverted }));

/** Done items that a commit of ours made so, or that a commit names which another one takes back. */
async function doneItems(look: Look): Promise<readonly TracedItem[]> {
  const { store, prefixes } = look;
  const landed = Map.groupBy(await store.runs.landings({ state: "landed" }), ({ itemId }) => itemId);
  const reverted = await store.commits.reverted({ prefixes });
  const traced: TracedItem[] = [];
  for (const id of new Set([...landed.keys(), ...reverted.map(({ itemId }) => itemId)])) {
    const landings = landed.get(id) ?? [];
    const detail = await store.items.get({ id });
    if (detail.item.state !== "done" || !isHere(look, detail)) continue;
    const { items: runs } = await store.runs.list({ itemId: id, page: { limit: RUNS } });
    if (!(await landedFromHere(look, landings, runs))) continue;
    traced.push(await trace(look, detail, { standing: "done", isOver: false, landings, runs }));
  }
  return traced;
}

const targetsOf = ({ repos }: ItemDetail) => repos.filter(({ role }) => role === "target");

const isHere = ({ here }: Look, detail: ItemDetail): boolean =>
  targetsOf(detail).some(({ repoId }) => here.has(repoId));

/** A local branch is its host's own: where another host landed on its own, nothing here says that it is lost. */
async function landedFromHere(
  { store, host }: Look,
  landings: readonly LandingIntent[],
  runs: readonly Run[],
): Promise<boolean> {
  for (const { repoId, runId } of landings) {
    if ((await store.projects.repoById({ id: repoId, host })).target === "remote") continue;
    const run = runs.find(({ id }) => id === runId) ?? (await store.runs.get({ id: runId }));
    if (run.host !== null && run.host !== host) return false;
  }
  return true;
}

interface OnRecord extends Pick<TracedItem, "standing" | "isOver"> {
  readonly landings: readonly LandingIntent[];
  readonly runs: readonly Run[];
}

async function trace(
  { store, prefixes }: Look,
  detail: ItemDetail,
  { standing, isOver, landings, runs }: OnRecord,
): Promise<TracedItem> {
  const { item, evidence } = detail;
  const [opened, commits] = await Promise.all([
    store.runs.pullRequests({ itemId: item.id }),
    store.commits.ofItem({ prefixes, number: item.id }),
  ]);
  const values = (wanted: string) => evidence.filter(({ kind }) => kind === wanted).map(({ value }) => value);
  const landed = landings.filter(({ state }) => state === "landed");
  const merged = opened.filter(({ state }) => state === "merged");
  const heads = runs
    .filter(({ reported }) => reported !== null)
    .flatMap((run) => run.repos.filter(({ headSha, baseSha }) => headSha !== baseSha));
  const targets = targetsOf(detail).map(({ repoId }) => {
    const own = <T extends { readonly repoId: number }>(all: readonly T[]) =>
      all.filter((one) => one.repoId === repoId);
    const numbers = new Set([
      ...own(opened).map(({ number }) => number),
      ...values("pr").flatMap((address) => numberInAddress(address) ?? []),
    ]);
    const marked = own(commits).filter(({ subject }) => numbers.has(squashedFrom(subject) ?? 0));
    return {
      repoId,
      merges: [...own(landed), ...own(merged)].flatMap(({ merge }) => merge ?? []),
      heads: own(heads).flatMap(({ headSha }) => headSha ?? []),
      naming: own(commits).map(({ sha }) => sha),
      squashed: marked.map(({ sha }) => sha),
    };
  });
  return { item: item.id, standing, isOver, given: values("commit"), targets, changed: [] };
}

/** `Closes OB-9` closes an open item that nobody works on, where the project's policy says so. */
async function closingCommits({ store, prefixes, here }: Look) {
  const closing: { item: number; repoId: number; sha: string }[] = [];
  for (const { item, sha, authoredAt } of await store.commits.closing({ prefixes })) {
    const { id, projectId, repoId } = item;
    if (!here.has(repoId)) continue;
    const { policy } = await store.projects.byId({ id: projectId });
    if (policy.commitsClose !== true || authoredAt < (policy.commitsCloseFrom ?? 0) - GIT_SECOND_MS) continue;
    closing.push({ item: id, repoId, sha });
  }
  return closing;
}
