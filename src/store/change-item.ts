import type { Item } from "#domain/item/item.ts";
import { isClosed } from "#domain/item/lifecycle.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Unit } from "./core.ts";
import { settleClosing, settleReopening } from "./dependents.ts";
import { readItem } from "./item-row.ts";
import { replaceItem, writeItem, type SaveOptions } from "./item-save.ts";

/** An ending lease or landing readies this many of the items that it held; the next claim finds the others held by each other. */
const READIED_AT_ONCE = 16;

/** The one way in which an item changes: its row, its event, and what follows for items it blocks, its parent and items it held. */
export async function saveItem(
  unit: Unit,
  before: Item,
  change: Partial<Item>,
  options: SaveOptions = {},
): Promise<Item> {
  const after = await writeItem(unit, before, change, options);
  await followUp(unit, before, after);
  return after;
}

/** An item keeps others off its paths while it is leased, and while its result is checked or landed. */
function holdsPaths(item: Item): boolean {
  return (
    (item.state === "open" && item.leaseId !== null) ||
    (item.state === "review" && (item.phase === "verify" || item.phase === "land"))
  );
}

async function followUp(unit: Unit, before: Item, after: Item): Promise<void> {
  if (holdsPaths(before) && !holdsPaths(after)) await readyHeld(unit, after.id);
  if (isClosed(before.state) === isClosed(after.state)) return;
  if (isClosed(after.state)) await settleClosing(unit, after);
  else await settleReopening(unit, before);
}

async function readyHeld(unit: Unit, holderId: number): Promise<void> {
  const rows = await unit.tx
    .selectFrom("item")
    .selectAll()
    .where("q", "=", QUEUE.held)
    .where("held_by", "=", holderId)
    .orderBy("id")
    .limit(READIED_AT_ONCE)
    .modifyEnd(unit.core.dialect.forUpdate)
    .execute();
  for (const row of rows) await replaceItem(unit, readItem(row), { heldBy: null });
}
