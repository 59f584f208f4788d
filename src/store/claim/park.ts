import type { Item } from "#domain/item/item.ts";
import { laneOfRole } from "#domain/lane.ts";
import type { Unit } from "#store/core.ts";
import { NOT_ASKED } from "#store/item/item-row.ts";

/** What parking changes: open in the lane where a person looks into it, with the old lane remembered. */
export function parked(unit: Pick<Unit, "lanes">, item: Item): Partial<Item> {
  return {
    state: "open",
    phase: null,
    phasesLeft: [],
    lane: laneOfRole(unit.lanes, "investigation").name,
    ...NOT_ASKED,
    resumeLane: item.lane,
    notBefore: null,
  };
}
