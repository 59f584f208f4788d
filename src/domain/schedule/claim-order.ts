import type { Item } from "#domain/item/item.ts";

type Place = Pick<Item, "band" | "deadline" | "tried" | "id">;

/** Negative where `a` is claimed before `b`: band, then virtual deadline, then the untried, then the older ref. */
export function claimOrder(a: Place, b: Place): number {
  return a.band - b.band || a.deadline - b.deadline || a.tried - b.tried || a.id - b.id;
}
