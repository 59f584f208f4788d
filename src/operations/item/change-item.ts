import { z } from "zod";
import type { Context } from "#operations/context.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import { ItemRef, itemIdOf } from "./item-ref.ts";
import { type ItemAnswer, itemAnswer } from "./item-view.ts";

/** The item that a change is of, and the version that its caller has read. */
export const CHANGED_ITEM = {
  ref: ItemRef,
  ifVersion: z.int().min(0).optional().describe("Refuse unless the item is at this version"),
};

interface ChangedItem {
  readonly ref: string;
  readonly ifVersion?: number | undefined;
}

/** Changes an item, at the version that its caller has read where they name one, and answers it as it then is. */
export const changeItem = async (
  context: Context,
  changed: ChangedItem,
  change: (context: Context, id: number) => Promise<ItemDetail>,
): Promise<z.input<typeof ItemAnswer>> =>
  await atVersion(context, changed, async (own, id) => await itemAnswer(own.store, await change(own, id)));

/** Runs what changes an item in one transaction with the look at its version; without a version as it is. */
export async function atVersion<T>(
  context: Context,
  { ref, ifVersion }: ChangedItem,
  work: (context: Context, id: number) => Promise<T>,
): Promise<T> {
  const id = await itemIdOf(context.store, ref);
  if (ifVersion === undefined) return await work(context, id);
  return await context.store.atVersion({
    id,
    version: ifVersion,
    work: async (store) => await work({ ...context, store }, id),
  });
}
