import type { Item } from "#domain/item/item.ts";
import type { Priority } from "#domain/kind.ts";

/** A project's share of attention: `weight` > 0, default 1. */
interface DrawEntry {
  readonly projectId: number;
  readonly weight: number;
}

/** A project's key in a draw. `u`: a number in [0, 1), drawn anew each time. */
export const drawKey = (u: number, weight: number): number => -Math.log(1 - u) / weight;

/**
 * The weighted draw between projects: the smallest key comes first (Efraimidis and Spirakis 2006), so a project of share s waits over k
 * claims with probability (1−s)^k, and no state is kept.
 * @param random gives numbers in [0, 1)
 */
export function drawProjects<T extends DrawEntry>(entries: readonly T[], random: () => number): T[] {
  return entries
    .map((entry) => ({ entry, key: drawKey(random(), entry.weight) }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ entry }) => entry);
}

const HOUR_MS = 3_600_000;

/**
 * How long an item may wait, in its project, before it comes before everything that became ready later; milliseconds. P1 is a day
 * early, P3 also where no priority is given. Virtual deadlines keep low priorities from starving.
 */
const PATIENCE_MS: Readonly<Record<Priority, number>> = {
  P1: -24 * HOUR_MS,
  P2: 0,
  P3: 24 * HOUR_MS,
  P4: 72 * HOUR_MS,
  P5: 168 * HOUR_MS,
};

function patienceMs(priority: Priority | null): number {
  return PATIENCE_MS[priority ?? "P3"];
}

/** Rank inside a project: written when the item becomes ready, kept while it waits for a person. Epoch milliseconds. */
export function virtualDeadline(readyAt: number, priority: Priority | null): number {
  return readyAt + patienceMs(priority);
}

/** The order inside a project: band, then virtual deadline, then the untried, then the older ref. */
export const CLAIM_FIELDS = ["band", "deadline", "tried", "id"] as const satisfies readonly (keyof Item)[];

type Place = Pick<Item, (typeof CLAIM_FIELDS)[number]>;

/** Negative where `a` is claimed before `b`. */
export function claimOrder(a: Place, b: Place): number {
  const field = CLAIM_FIELDS.find((name) => a[name] !== b[name]);
  return field === undefined ? 0 : a[field] - b[field];
}
