import type { Lane } from "#domain/lane.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";
import type { Core } from "#store/core.ts";
import type { Database, SqlNames, Tx } from "#store/dialect.ts";
import { lanesText, readLanes } from "#store/lane-rows.ts";
import type { OpenQueue } from "./ready.ts";

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
  readonly queues: readonly OpenQueue[];
}

interface HeadRow {
  readonly now: number;
  readonly due: number | null;
  readonly held: number | null;
  readonly lanes: string | null;
  readonly queues: string | null;
}

/**
 * Which queues are open to a claim, in the only place that says so: of projects that are neither archived nor paused nor over their
 * budget, while neither the workspace nor the runner is paused; within the filter, and for what the runner can do.
 */
export async function openQueues(
  { dialect }: Core,
  db: Database | Tx,
  filter: ClaimFilter,
  runner = "",
): Promise<QueueHead> {
  const [row] = await dialect.rows<HeadRow>(db, headSql, [filter.class ?? "core", runner]);
  const now = row?.now ?? 0;
  return {
    now,
    isDue: row?.due !== null && row !== undefined && Number(row.due) <= now,
    hasHeld: row?.held !== null && row !== undefined,
    lanes: readLanes(row?.lanes ?? null),
    queues: readQueues(row?.queues ?? "", filter),
  };
}

/**
 * `queues` is a line per queue: project, weight, bound of leases or 0, needs; separated by spaces, the needs last because they may be
 * empty. One text costs a fraction of a hundred rows. Values: class, runner.
 */
function headSql(names: SqlNames): string {
  const { t, now, p, lines } = names;
  const queue = "z.project_id || ' ' || p.weight || ' ' || coalesce(p.max_leases, 0) || ' ' || z.needs";
  return `select ${now} as now, (select min(wake_at) from ${t("item")} where wake_at is not null) as due,
    (select id from ${t("item")} where q = ${QUEUE.held} limit 1) as held, ${lanesText(names)} as lanes,
    (select ${lines(queue)} from ${t("queue")} z join ${t("project")} p on p.id = z.project_id
      where z.class = ${p(1)} and p.archived_at is null and (p.spent_until is null or p.spent_until <= ${now})
        and p.alias not in (select name from ${t("pause")} where scope = 'project')
        and not exists (select 1 from ${t("pause")} s where s.scope = 'workspace' or (s.scope = 'runner' and s.name = ${p(2)}))) as queues`;
}

function readQueues(text: string, { projectIds, capabilities = [] }: ClaimFilter): readonly OpenQueue[] {
  const able = new Set(capabilities);
  const wanted = projectIds === undefined ? undefined : new Set(projectIds);
  const queues = new Map<number, { weight: number; bound: number | null; needs: string[] }>();
  for (const line of text === "" ? [] : text.split("\n")) {
    const [project = "", weight = "", bound = "", needs = ""] = line.split(" ");
    const projectId = Number(project);
    const fits = needs === "" || needs.split(",").every((need) => able.has(need));
    if (!fits || wanted?.has(projectId) === false) continue;
    const known = queues.get(projectId);
    if (known === undefined)
      queues.set(projectId, { weight: Number(weight), bound: Number(bound) || null, needs: [needs] });
    else known.needs.push(needs);
  }
  return Array.from(queues, ([projectId, queue]) => ({ projectId, ...queue }));
}
