import { z } from "zod";
import type { LaneRole } from "#domain/lane.ts";
import { fullProjectView, FullProjectView } from "#operations/claim/queue-view.ts";
import { nextStep } from "#operations/claim/next-step.ts";
import type { Context } from "#operations/context.ts";
import { ItemCard, itemCard } from "#operations/item/item-card.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";
import type { PersonSummary, Waiting as WaitingCount } from "#operations/ports/store/claim-store.ts";
import { namedProject, ProjectAlias } from "#operations/project/project-of.ts";
import { runView, RunView } from "#operations/run/run-view.ts";

const Waiting = z.lazy(() =>
  z.object({
    count: z.int(),
    /** Since when the oldest is there; absent where nothing waits. */
    oldest_at: IsoTime.optional(),
    /** Questions among them whose deadline has passed; absent where none has. */
    overdue: z.int().optional(),
    /** What to do about the one that is there longest, one sentence; of `landing` and `blocked` only. */
    next: z.string().optional(),
  }),
);

/** Work that nobody touched for this long may be outdated; milliseconds (30 days). */
const STALE_AFTER_MS = 30 * 86_400_000;
/** A result that git has not seen on the target for this long waits for somebody; milliseconds (5 min), as often as a worker looks. */
export const GIT_PATIENCE_MS = 5 * 60_000;
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
    running: z.array(z.lazy(() => RunView.unwrap().extend({ title: z.string() }))),
    /** Open items that nobody touched for 30 days, by the days on which they were. */
    stale: Waiting,
  }),
  errors: ["not_found"],
  examples: [{ command: "sluice", does: "Show the board" }],
  run: async (context, input) => {
    const { store } = context;
    const project = await namedProject(context, input.project);
    const projectIds = project === undefined ? undefined : [project.id];
    const { queue, person, running } = await store.claims.board({
      projectIds,
      unseenForMs: GIT_PATIENCE_MS,
      untouchedForMs: STALE_AFTER_MS,
      mostRuns: RUNS_SHOWN,
    });
    const refOf = await refWriter(store);
    return {
      needs_you: await needsYou(context, person),
      ready: await ready(context, queue.ready, projectIds),
      over_budget: [...queue.overBudget],
      at_bound: queue.atBound.map(fullProjectView),
      archived: orNone(queue.archived),
      running: running.map((run) => ({ ...runView(run, refOf), title: run.title })),
      stale: waitingView(person.untouched),
    };
  },
});

async function needsYou(context: Context, found: PersonSummary) {
  const lanes = (await context.store.projects.lanes()).toSorted((a, b) => a.order - b.order);
  const human = lanes.filter(({ role }) => role !== "agent");
  const ofLane = (name: string) => found.lanes[name] ?? NOTHING;
  const asked = human.filter(({ role }) => role === ("decision" satisfies LaneRole));
  return {
    ...Object.fromEntries(human.map(({ name }) => [name, waitingView(ofLane(name))])),
    gate: waitingView(found.gate),
    review: waitingView(found.review),
    landing: await withNext(context, found.landing),
    blocked: await withNext(context, found.blocked),
    decisions: waitingView(sum(asked.map(({ name }) => ofLane(name)))),
  };
}

type Counted = WaitingCount & { readonly overdue?: number };
const NOTHING: Counted = { count: 0, oldestAt: null };

const waitingView = ({ count, oldestAt, overdue = 0 }: Counted): z.input<typeof Waiting> => ({
  count,
  oldest_at: isoTime(oldestAt),
  overdue: orNone(overdue),
});

function sum(parts: readonly Counted[]): Counted {
  const times = parts.flatMap(({ oldestAt }) => oldestAt ?? []);
  const total = (of: (part: Counted) => number) => parts.reduce((so, part) => so + of(part), 0);
  return {
    count: total(({ count }) => count),
    oldestAt: times.length === 0 ? null : Math.min(...times),
    overdue: total(({ overdue = 0 }) => overdue),
  };
}

async function withNext(
  { store }: Context,
  found: PersonSummary["landing"],
): Promise<z.input<typeof Waiting>> {
  if (found.oldestId === null) return waitingView(found);
  const refOf = await refWriter(store);
  const next = await nextStep(store, await store.items.get({ id: found.oldestId }), refOf);
  return {
    ...waitingView(found),
    next: next === undefined ? undefined : `${refOf(found.oldestId)}: ${next}`,
  };
}

const orNone = (count: number): number | undefined => (count === 0 ? undefined : count);

async function ready({ store }: Context, count: number, projectIds: readonly number[] | undefined) {
  const next = await store.claims.peek({ filter: { projectIds } });
  if (next === undefined) return { count };
  const { alias } = await store.projects.byId({ id: next.projectId });
  return { count: Math.max(1, count), next: itemCard(next, alias, await refWriter(store)) };
}
