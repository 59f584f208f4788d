import type { Lane } from "#domain/lane.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";
import type { Database, SqlNames, StoreDialect, Tx } from "#store/dialect.ts";
import { lanesText, readLanes } from "#store/lane-rows.ts";
import type { OpenQueue } from "./ready.ts";

/** As the draw goes over it. */
export interface WeightedQueue extends OpenQueue {
  /** The project's share of attention. */
  readonly weight: number;
}

/** The queue as one look shows it, before anything is picked. */
export interface QueueHead {
  /** The database's time, epoch milliseconds. */
  readonly now: number;
  /** An item's time has come, and no claim has looked at it since. */
  readonly isDue: boolean;
  /** There are items that another's paths keep back. */
  readonly hasHeld: boolean;
  readonly lanes: readonly Lane[];
  /** Projects from which a claim may take, and their sets of needs. */
  readonly queues: readonly WeightedQueue[];
}

interface HeadRow {
  readonly now: number;
  readonly due: number | null;
  readonly held: number | null;
  readonly lanes: string | null;
}

interface QueueRow {
  readonly id: number;
  readonly weight: number;
  readonly bound: number | null;
  readonly needs: string;
}

/**
 * Which queues are open to a claim: of projects that are neither archived nor paused nor over their budget, while neither the workspace
 * nor the runner is paused; within the filter, and for what the runner can do.
 */
export async function openQueues(
  { rows }: Pick<StoreDialect, "rows">,
  db: Database | Tx,
  filter: ClaimFilter,
  runner = "",
): Promise<QueueHead> {
  const [head] = await rows<HeadRow>(db, headSql, []);
  const { class: kindClass = "core", projectIds = null, capabilities = [] } = filter;
  const queues = await rows<QueueRow>(db, queuesSql, [kindClass, runner, projectIds, capabilities]);
  const now = head?.now ?? 0;
  return {
    now,
    isDue: head?.due !== null && head !== undefined && head.due <= now,
    hasHeld: head?.held !== null && head !== undefined,
    lanes: readLanes(head?.lanes ?? null),
    queues: byProject(queues),
  };
}

/** When the store must next look at an item whose time comes; an expression. */
export const firstDue = ({ t }: Pick<SqlNames, "t">): string =>
  `(select min(wake_at) from ${t("item")} where wake_at is not null)`;
/** An item that another's paths keep back; an expression. */
export const firstHeld = ({ t }: Pick<SqlNames, "t">): string =>
  `(select id from ${t("item")} where q = ${QUEUE.held} limit 1)`;

const headSql = (names: SqlNames): string =>
  `select ${names.now} as now, ${firstDue(names)} as due, ${firstHeld(names)} as held, ${lanesText(names)} as lanes`;

/** A condition: a runner with these capabilities can do what asks for `needs`. */
export const fitsRunner = ({ holdsAll }: SqlNames, needs: string, able: string): string =>
  `(${needs} = '' or ${holdsAll(able, needs)})`;

interface AskedQueues {
  readonly class: string;
  readonly runner: string;
  /** A list, or null for all. */
  readonly projects: string;
  /** A list. */
  readonly able: string;
}

/** The rule of `openQueues`, for both databases: queues `z` and their projects `p`, from what is asked, given as expressions. */
export const openQueuesSql = (names: SqlNames, asked: AskedQueues): string => {
  const { t, now, isIn } = names;
  return `from ${t("queue")} z join ${t("project")} p on p.id = z.project_id
    where z.class = ${asked.class} and ${fitsRunner(names, "z.needs", asked.able)} and (${isIn("p.id", asked.projects)} or ${asked.projects} is null)
      and p.archived_at is null and (p.spent_until is null or p.spent_until <= ${now})
      and p.alias not in (select name from ${t("pause")} where scope = 'project')
      and not exists (select 1 from ${t("pause")} s where s.scope = 'workspace' or (s.scope = 'runner' and s.name = ${asked.runner}))`;
};

/** Values: class, runner, projects, capabilities. */
const queuesSql = (names: SqlNames): string => {
  const { p } = names;
  const asked = { class: p(1), runner: p(2), projects: p(3), able: p(4) };
  return `select p.id, p.weight, p.max_leases as bound, z.needs ${openQueuesSql(names, asked)}`;
};

function byProject(rows: readonly QueueRow[]): readonly WeightedQueue[] {
  const queues = new Map<number, WeightedQueue & { readonly needs: string[] }>();
  for (const { id, weight, bound, needs } of rows) {
    const known = queues.get(id);
    if (known === undefined) queues.set(id, { projectId: id, weight, bound, needs: [needs] });
    else known.needs.push(needs);
  }
  return Array.from(queues.values());
}
