import type { Item } from "#domain/item/item.ts";
import { attendedMs } from "#domain/schedule/held-time.ts";
import type { Unit } from "#store/core.ts";
import { spend } from "#store/queue/spending.ts";

/**
 * Counts the minutes of an agent whose lease on an item has just ended, where no worker measures them. Answers whether the item's
 * budget is spent; undefined where nothing was counted.
 */
export async function countAttended(unit: Unit, before: Item, after: Item): Promise<boolean | undefined> {
  if (before.leaseRunId === null || before.leaseId === after.leaseId) return undefined;
  const workedMs = attendedMs(before, unit.now);
  if (workedMs === undefined) return undefined;
  const run = await unit.tx
    .selectFrom("run")
    .select("id")
    .where("id", "=", before.leaseRunId)
    .where("worker_id", "is", null)
    .where("worked_ms", "is", null)
    .executeTakeFirst();
  return run === undefined ? undefined : spend(unit, run.id, { workedMs });
}
