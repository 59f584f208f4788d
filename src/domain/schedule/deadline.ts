import type { Priority } from "#domain/kind.ts";

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
