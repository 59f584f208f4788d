import type { Item, ItemChange } from "#domain/item/item.ts";
import { isClosed } from "#domain/item/lifecycle.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Unit } from "#store/core.ts";
import { settleClosing, settleReopening } from "./dependents.ts";
import { readItem } from "./item-row.ts";
import { replaceItem, writeItem, type SaveOptions } from "./item-save.ts";
import { attendedMs } from "#domain/schedule/held-time.ts";
import { holdingPaths } from "#store/claim/held-paths.ts";
import { isLimited, lockBudgets, settleItemBudgets } from "#store/queue/spending.ts";

/** What ends readies this many of the items that are held for nothing; the next to end, or a claim that finds nothing, the others. */
const READIED_AT_ONCE = 16;

/** The one way in which an item changes: its row, its event, and what follows for items it blocks, its parent and items it held. */
export async function saveItem(
  unit: Unit,
  before: Item,
  change: ItemChange,
  options: SaveOptions = {},
): Promise<Item> {
  const workedMs = await attendedTime(unit, before, change);
  const limited = workedMs !== undefined && (await isLimited(unit, before));
  if (limited) await lockBudgets(unit);
  const after = await writeItem(unit, before, change, { ...options, workedMs });
  await followUp(unit, before, after);
  return limited ? settleItemBudgets(unit, after) : after;
}

/** Of an agent whose lease ends with this change, where no worker measures its time. */
async function attendedTime(
  unit: Unit,
  before: Item,
  { leaseId = before.leaseId }: ItemChange,
): Promise<number | undefined> {
  if (before.leaseRunId === null || before.leaseId === leaseId) return undefined;
  const workedMs = attendedMs(before, unit.now);
  if (workedMs === undefined) return undefined;
  const run = await unit.tx
    .selectFrom("run")
    .select("id")
    .where("id", "=", before.leaseRunId)
    .where("worker_id", "is", null)
    .where("worked_ms", "is", null)
    .executeTakeFirst();
  return run === undefined ? undefined : workedMs;
}

/** An item keeps others off its paths while it is leased, and while its result is checked or landed. */
function holdsPaths(item: Item): boolean {
  return (
    (item.state === "open" && item.leaseId !== null) ||
    (item.state === "review" && (item.phase === "verify" || item.phase === "land"))
  );
}

/** Whether what follows from a change concerns other items too: those it blocks, its parent, those that its paths held. */
export const concernsOthers = (before: Item, after: Item, hasPaths: boolean): boolean =>
  (hasPaths && holdsPaths(before) && !holdsPaths(after)) || isClosed(before.state) !== isClosed(after.state);

async function followUp(unit: Unit, before: Item, after: Item): Promise<void> {
  if (holdsPaths(before) && !holdsPaths(after)) await readyHeld(unit);
  if (isClosed(before.state) === isClosed(after.state)) return;
  if (isClosed(after.state)) await settleClosing(unit, after);
  else await settleReopening(unit, before);
}

/**
 * Readies items whose holder holds no paths any more, the first in the queue's order. Answers how many. Another's claim may have seen
 * the holder a moment before it ended, so that the end of one holder alone would leave its item held for ever.
 */
export async function readyHeld(unit: Unit): Promise<number> {
  const rows = await unit.tx
    .selectFrom("item")
    .selectAll()
    .where("q", "=", QUEUE.held)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("item as holder")
            .select("holder.id")
            .whereRef("holder.id", "=", "item.held_by")
            .where(holdingPaths("holder")),
        ),
      ),
    )
    .orderBy("band")
    .orderBy("deadline")
    .orderBy("id")
    .limit(READIED_AT_ONCE)
    .modifyEnd(unit.core.dialect.skipLocked)
    .execute();
  for (const row of rows) await replaceItem(unit, readItem(row), { heldBy: null });
  return rows.length;
}
