import { z } from "zod";
import type { Item } from "#domain/item/item.ts";
import type { LaneRole } from "#domain/lane.ts";
import { fullProjectView, FullProjectView } from "#operations/claim/queue-view.ts";
import { isBlockedForPerson, isLeftToPerson, nextStep } from "#operations/claim/next-step.ts";
import type { Context } from "#operations/context.ts";
import { itemCard } from "#operations/item/card-of.ts";
import { ItemCard } from "#operations/item/item-card.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";
import type { QueueSummary } from "#operations/ports/store/claim-store.ts";
import type { ItemFilter } from "#operations/ports/store/item-store.ts";
import { MAX_PAGE } from "#operations/ports/store/page.ts";
import { namedProject, ProjectAlias } from "#operations/project/project-of.ts";
import { runView, RunView } from "#operations/run/run-view.ts";

const Waiting = z.object({
  count: z.int(),
  /** Since when the oldest is there; absent where nothing waits, or more than a page does. */
  oldest_at: IsoTime.optional(),
  /** Questions among them whose deadline has passed; absent where none has. */
  overdue: z.int().optional(),
  /** What to do about the one that is there longest, one sentence; of `landing` and `blocked` only. */
  next: z.string().optional(),
});

/** Work that nobody touched for this long may not be true any more; milliseconds (30 days). */
const STALE_AFTER_MS = 30 * 86_400_000;
/** A result that git has not seen on the target for this long waits for somebody; milliseconds (5 min), as often as a worker looks. */
const GIT_PATIENCE_MS = 5 * 60_000;
const RUNS_SHOWN = 20;

export const showStatus = defineOperation({
  name: "status",
  summary: "Show what needs you, what is next and what runs.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({ project: ProjectAlias.optional() }),
  output: z.object({
    /** Each human lane by name, `gate`, `review` (a person is to look), `landing` (a person is to bring it to its target), `blocked` (nothing but a person unblocks it) and `decisions` (open questions). */
    needs_you: z.record(z.string(), Waiting),
    ready: z.object({ count: z.int(), next: ItemCard.optional() }),
    /** Aliases of projects whose budget is spent: nothing of them is given out. */
    over_budget: z.array(z.string()),
    /** Projects that have as many leases as they may: what is ready of them waits. */
    at_bound: z.array(FullProjectView),
    /** Items that would be ready if their project were not archived; absent where there are none. */
    archived: z.int().optional(),
    running: z.array(RunView.extend({ title: z.string() })),
    /** Open items that nobody touched for 30 days. */
    stale: Waiting,
  }),
  errors: ["not_found"],
  examples: [{ command: "sluice", does: "Show the board" }],
  run: async (context, input) => {
    const { store } = context;
    const project = await namedProject(context, input.project);
    const projectIds = project === undefined ? undefined : [project.id];
    const summary = await store.claims.summary({ projectIds });
    return {
      needs_you: await needsYou(context, summary, project?.id),
      ready: await ready(context, summary, projectIds),
      over_budget: [...summary.overBudget],
      at_bound: summary.atBound.map(fullProjectView),
      archived: orNone(summary.archived),
      running: await running(context, project?.id),
      stale: await staleItems(context, project?.id),
    };
  },
});

async function needsYou(context: Context, summary: QueueSummary, projectId: number | undefined) {
  const { store } = context;
  const lanes = (await store.projects.lanes()).toSorted((a, b) => a.order - b.order);
  const human = lanes.filter(({ role }) => role !== "agent");
  const entries: [string, z.input<typeof Waiting>][] = [];
  for (const { name } of human) {
    const count = summary.waitingOnHumans[name] ?? 0;
    const found =
      count === 0 ? undefined : await waiting(context, { projectId, lanes: [name], states: ["open"] });
    entries.push([name, { ...found, count }]);
  }
  const asked = human.filter(({ role }) => role === ("decision" satisfies LaneRole)).map(({ name }) => name);
  return {
    ...Object.fromEntries(entries),
    gate: await atGate(context, projectId),
    review: await waiting(context, { projectId, states: ["review"], phases: ["human", "evidence"] }),
    landing: await landing(context, projectId),
    blocked: await blocked(context, projectId),
    decisions: sum(entries.filter(([name]) => asked.includes(name)).map(([, one]) => one)),
  };
}

function sum(parts: readonly z.input<typeof Waiting>[]): z.input<typeof Waiting> {
  const oldest = parts.flatMap(({ oldest_at }) => oldest_at ?? []).toSorted();
  const total = (of: (part: z.input<typeof Waiting>) => number | undefined) =>
    parts.reduce((so, part) => so + (of(part) ?? 0), 0);
  return {
    count: total(({ count }) => count),
    oldest_at: oldest[0],
    overdue: orNone(total(({ overdue }) => overdue)),
  };
}

async function atGate({ store }: Context, projectId: number | undefined): Promise<z.input<typeof Waiting>> {
  const page = await store.gate.list({ states: ["pending"], projectId, page: { limit: MAX_PAGE } });
  const oldest = page.items.map(({ proposedAt }) => proposedAt).toSorted((a, b) => a - b)[0];
  return { count: page.items.length, oldest_at: isoTime(oldest) };
}

/** Counts up to a page; the oldest is known only where all are on it. */
async function waiting({ store }: Context, filter: ItemFilter): Promise<z.input<typeof Waiting>> {
  const page = await store.items.list({ filter, page: { limit: MAX_PAGE } });
  const oldest = Math.min(...page.items.map(({ createdAt }) => createdAt));
  const isKnown = page.next === null && page.items.length > 0;
  const now = await store.now();
  const overdue = page.items.filter(({ answerBy }) => answerBy !== null && answerBy <= now).length;
  return {
    count: page.items.length,
    oldest_at: isKnown ? isoTime(oldest) : undefined,
    overdue: orNone(overdue),
  };
}

/** Work whose check or landing a worker left to a person, and results that no commit on the target is known of. */
async function landing({ store }: Context, projectId: number | undefined): Promise<z.input<typeof Waiting>> {
  const filter: ItemFilter = {
    projectId,
    states: ["review"],
    phases: ["verify", "land", "await_git"],
    leased: false,
  };
  const page = await store.items.list({ filter, page: { limit: MAX_PAGE } });
  const before = (await store.now()) - GIT_PATIENCE_MS;
  const waits = page.items.filter((item) =>
    item.phase === "await_git" ? item.updatedAt < before : isLeftToPerson(item),
  );
  return longest(store, waits, page.next === null);
}

/** Items that nothing but a person unblocks, such as those whose repository is gone. */
async function blocked({ store }: Context, projectId: number | undefined): Promise<z.input<typeof Waiting>> {
  const filter: ItemFilter = { projectId, states: ["blocked"] };
  const page = await store.items.list({ filter, page: { limit: MAX_PAGE } });
  return longest(store, page.items.filter(isBlockedForPerson), page.next === null);
}

async function longest(
  store: Context["store"],
  waits: readonly Item[],
  areAll: boolean,
): Promise<z.input<typeof Waiting>> {
  const [oldest] = waits.toSorted((a, b) => a.updatedAt - b.updatedAt);
  if (oldest === undefined) return { count: 0 };
  const refOf = await refWriter(store);
  const next = await nextStep(store, await store.items.get({ id: oldest.id }), refOf);
  return {
    count: waits.length,
    oldest_at: areAll ? isoTime(oldest.updatedAt) : undefined,
    next: next === undefined ? undefined : `${refOf(oldest.id)}: ${next}`,
  };
}

const orNone = (count: number): number | undefined => (count === 0 ? undefined : count);

async function ready({ store }: Context, summary: QueueSummary, projectIds: readonly number[] | undefined) {
  const next = await store.claims.peek({ filter: { projectIds } });
  if (next === undefined) return { count: summary.ready };
  const { alias } = await store.projects.byId({ id: next.projectId });
  return { count: Math.max(1, summary.ready), next: itemCard(next, alias, await refWriter(store)) };
}

async function running({ store }: Context, projectId: number | undefined) {
  const refOf = await refWriter(store);
  const leased = await store.items.list({ filter: { projectId, leased: true }, page: { limit: RUNS_SHOWN } });
  const now = await store.now();
  const live = leased.items.filter(({ leaseExpiresAt }) => leaseExpiresAt !== null && leaseExpiresAt > now);
  return await Promise.all(
    live.flatMap(({ leaseRunId, title }) =>
      leaseRunId === null
        ? []
        : [store.runs.get({ id: leaseRunId }).then((run) => ({ ...runView(run, refOf), title }))],
    ),
  );
}

async function staleItems({ store }: Context, projectId: number | undefined) {
  const before = (await store.now()) - STALE_AFTER_MS;
  const page = await store.items.list({
    filter: { projectId, states: ["open", "blocked"] },
    page: { limit: MAX_PAGE },
  });
  const old = page.items.map(({ updatedAt }) => updatedAt).filter((at) => at < before);
  return { count: old.length, oldest_at: old.length === 0 ? undefined : isoTime(Math.min(...old)) };
}
