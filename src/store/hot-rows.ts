import type { Selectable } from "kysely";
import type { LeasedRow, QueueHead } from "./hot-paths.ts";
import type { ItemTable } from "./schema.ts";

/** A row of `queueHeadSql`. */
export interface HeadRow {
  readonly project: number | null;
  readonly needs: string;
  readonly weight: number;
  readonly bounded: number | boolean;
  readonly now: number;
  readonly due: number | null;
}

export function readHead(rows: readonly HeadRow[]): QueueHead {
  const [first] = rows;
  return {
    now: first?.now ?? 0,
    nextDue: first?.due ?? null,
    entries: rows.flatMap(({ project, needs, weight, bounded }) =>
      project === null
        ? []
        : [{ projectId: project, needs, weight, bounded: bounded === true || bounded === 1 }],
    ),
  };
}

/** A row of `readLeasedSql`. */
export interface LeasedColumns extends Selectable<ItemTable> {
  readonly lane_role: LeasedRow["laneRole"];
  readonly run_worker_id: string | null;
  readonly project_landing: string;
  readonly project_policy: string;
  readonly now: number;
}

export function toLeased(row: LeasedColumns | null | undefined): LeasedRow | undefined {
  if (row === null || row === undefined) return undefined;
  const {
    lane_role: laneRole,
    run_worker_id: workerId,
    project_landing: landing,
    project_policy: policy,
    now,
    ...item
  } = row;
  return { item, laneRole, workerId, landing, policy, now };
}
