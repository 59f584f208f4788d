import type { Selectable } from "kysely";
import type { LeasedRow, QueueHead } from "./hot-paths.ts";
import type { ItemTable } from "#store/schema.ts";

/** The row of `queueHeadSql`. */
export interface HeadRow {
  readonly now: number;
  readonly due: number | null;
  readonly queues: string | null;
}

export function readHead(row: HeadRow | null | undefined): QueueHead {
  const lines = row?.queues?.split("\n") ?? [];
  return { now: row?.now ?? 0, nextDue: row?.due ?? null, entries: lines.map(readQueue) };
}

function readQueue(line: string): QueueHead["entries"][number] {
  const weight = line.indexOf(" ") + 1;
  const bounded = line.indexOf(" ", weight) + 1;
  return {
    projectId: Number(line.slice(0, weight)),
    weight: Number(line.slice(weight, bounded)),
    bounded: line[bounded] === "1",
    needs: line.slice(bounded + 2),
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
