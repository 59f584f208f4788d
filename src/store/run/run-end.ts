import type { Item } from "#domain/item/item.ts";
import type { Outcome } from "#domain/run/outcome.ts";
import type { Unit } from "#store/core.ts";

/**
 * Ends the run that works on an item, if one still does; an item has at most one, also in a review that nobody holds. The item itself
 * is the caller's to change.
 */
export async function endRun(unit: Unit, item: Item, outcome: Outcome, reason?: string): Promise<void> {
  await unit.tx
    .updateTable("run")
    .set({ ended_at: unit.now, outcome, reason: reason ?? null })
    .where("item_id", "=", item.id)
    .where("ended_at", "is", null)
    .execute();
}
