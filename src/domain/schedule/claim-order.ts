import type { Item } from "#domain/item/item.ts";
import type { Priority } from "#domain/kind.ts";

/** A project's share of attention: `weight` > 0, default 1. */
interface DrawEntry {
  readonly projectId: number;
  readonly weight: number;
}

/**
 * The weighted draw between projects: each gets the key −ln(u)/weight and the smallest comes first (Efraimidis and Spirakis 2006),
 * so a project of share s waits over k claims with probability (1−s)^k, and no state is kept.
 * @param random gives numbers in [0, 1)
 */
export function drawProjects<T extends DrawEntry>(entries: readonly T[], random: () => number): T[] {
  return entries
    .map((entry) => ({ entry, key: -Math.log(1 - random()) / entry.weight }))
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

type Place = Pick<Item, "band" | "deadline" | "tried" | "id">;

/** Negative where `a` is claimed before `b`: band, then virtual deadline, then the untried, then the older ref. */
export function claimOrder(a: Place, b: Place): number {
  return a.band - b.band || a.deadline - b.deadline || a.tried - b.tried || a.id - b.id;
}
