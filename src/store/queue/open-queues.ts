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
  const queues = await rows<QueueRow>(db, queuesSql, [filter.class ?? "core", runner]);
  const now = head?.now ?? 0;
  return {
    now,
    isDue: head?.due !== null && head !== undefined && head.due <= now,
    hasHeld: head?.held !== null && head !== undefined,
    lanes: readLanes(head?.lanes ?? null),
    queues: byProject(queues, filter),
  };
}

const headSql = (names: SqlNames): string =>
  `select ${names.now} as now, (select min(wake_at) from ${names.t("item")} where wake_at is not null) as due,
    (select id from ${names.t("item")} where q = ${QUEUE.held} limit 1) as held, ${lanesText(names)} as lanes`;

/** Values: class, runner. */
const queuesSql = ({ t, now, p }: SqlNames): string =>
  `select p.id, p.weight, p.max_leases as bound, z.needs from ${t("queue")} z join ${t("project")} p on p.id = z.project_id
    where z.class = ${p(1)} and p.archived_at is null and (p.spent_until is null or p.spent_until <= ${now})
      and p.alias not in (select name from ${t("pause")} where scope = 'project')
      and not exists (select 1 from ${t("pause")} s where s.scope = 'workspace' or (s.scope = 'runner' and s.name = ${p(2)}))`;

function byProject(
  rows: readonly QueueRow[],
  { projectIds, capabilities = [] }: ClaimFilter,
): readonly WeightedQueue[] {
  const able = new Set(capabilities);
  const wanted = projectIds === undefined ? undefined : new Set(projectIds);
  const queues = new Map<number, WeightedQueue & { readonly needs: string[] }>();
  for (const { id, weight, bound, needs } of rows) {
    const fits = needs === "" || needs.split(",").every((need) => able.has(need));
    if (!fits || wanted?.has(id) === false) continue;
    const known = queues.get(id);
    if (known === undefined) queues.set(id, { projectId: id, weight, bound, needs: [needs] });
    else known.needs.push(needs);
  }
  return Array.from(queues.values());
}
