import type { ItemState } from "#domain/item/lifecycle.ts";
import type { LaneRole } from "#domain/lane.ts";

/** The queue column: 1 ready, 2 timed, 3 leased, 4 held; null = not in the queue. Written only from `queuePlace`. */
export const QUEUE = { ready: 1, timed: 2, leased: 3, held: 4 } as const;
type QueueCode = (typeof QUEUE)[keyof typeof QUEUE];

/** The facts of an item that decide whether, and when, it can be claimed. Times are epoch milliseconds. */
interface QueueFacts {
  readonly state: ItemState;
  readonly laneRole: LaneRole;
  readonly leaseExpiresAt: number | null;
  readonly notBefore: number | null;
  readonly answerBy: number | null;
  /** The default of its open question is taken at `answerBy`. */
  readonly takesDefault: boolean;
  /** The trigger says `hold` and has not fired. */
  readonly waitsForTrigger: boolean;
  readonly openBlockers: number;
  readonly openChildren: number;
  /** Its own budget is spent: until a person raises it. */
  readonly overBudget: boolean;
  /** Item whose live lease or landing holds the same paths. */
  readonly heldBy: number | null;
}

export interface QueuePlace {
  readonly q: QueueCode | null;
  /** When the store must look at the item again: the lease's expiry, `not_before`, or when a default is taken. */
  readonly wakeAt: number | null;
}

const OUT: QueuePlace = { q: null, wakeAt: null };

/** Where an item stands in the queue. The derived columns `q` and `wake_at` are this function of the item, and nothing else. */
export function queuePlace(item: QueueFacts, now: number): QueuePlace {
  if (item.leaseExpiresAt !== null) return leasedUntil(item.leaseExpiresAt);
  if (item.state !== "open" || item.laneRole !== "agent") return { q: null, wakeAt: defaultAt(item) };
  if (item.openBlockers > 0 || item.openChildren > 0 || item.waitsForTrigger || item.overBudget) return OUT;
  if (item.heldBy !== null) return { q: QUEUE.held, wakeAt: null };
  if (item.notBefore !== null && item.notBefore > now) return { q: QUEUE.timed, wakeAt: item.notBefore };
  return { q: QUEUE.ready, wakeAt: null };
}

/** @param end epoch milliseconds, or an expression of it for a database that picks and leases in one call */
export const leasedUntil = <T>(end: T) => ({ q: QUEUE.leased, wakeAt: end }) as const;

/** When the default of an item's open question is taken, epoch milliseconds; null where none is. */
export function defaultAt({
  state,
  answerBy,
  takesDefault,
}: Pick<QueueFacts, "state" | "answerBy" | "takesDefault">): number | null {
  return takesDefault && (state === "open" || state === "blocked") ? answerBy : null;
}
