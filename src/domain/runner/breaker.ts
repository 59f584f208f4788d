import { z } from "zod";

/** Failures in a row that open a runner's breaker: one is chance, two a hiccup, the third a pattern. */
export const BREAKER_THRESHOLD = 3;
/** First pause of an open breaker; doubles each time the trial after it fails. */
const BREAKER_BASE_MS = 30_000;
/** Longest pause: an operator who has repaired a key does not wait longer than this. */
export const BREAKER_MAX_MS = 15 * 60_000;

const count = z.int().nonnegative();

const BreakerState = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("closed"), failures: count }),
  z.strictObject({ state: z.literal("open"), trips: count, retryAt: z.int() }),
  z.strictObject({ state: z.literal("half_open"), trips: count, trialAt: z.int() }),
]);

/**
 * What is known of one runner's health; plain data, kept by the worker.
 * - `closed`: runs start; `failures` counts `runner_failed` in a row.
 * - `open`: nothing starts before `retryAt` (epoch ms).
 * - `half_open`: one trial runs; its end decides. `trialAt` (epoch ms) is when it began.
 * `trips` counts how often it has opened since the last success.
 */
export type BreakerState = Readonly<z.infer<typeof BreakerState>>;

export const HEALTHY: BreakerState = { state: "closed", failures: 0 };

/** What was stored. Nothing stored, or what this version cannot read, is a healthy runner: three failures tell otherwise soon. */
export function parseBreaker(stored: unknown): BreakerState {
  return BreakerState.safeParse(stored).data ?? HEALTHY;
}

/** Whether a run may start now, and what to store if it does. */
type BreakerAnswer =
  | { readonly admit: true; readonly next: BreakerState }
  | { readonly admit: false; readonly retryAt: number };

/**
 * Asks for leave to start a run at `now` (epoch ms). A trial that has not reported within the longest pause is taken
 * for lost, so that a dead worker does not keep a runner shut for ever.
 */
export function admitRun(breaker: BreakerState, now: number): BreakerAnswer {
  if (breaker.state === "closed") return { admit: true, next: breaker };
  const retryAt = breaker.state === "open" ? breaker.retryAt : breaker.trialAt + BREAKER_MAX_MS;
  if (now < retryAt) return { admit: false, retryAt };
  return { admit: true, next: { state: "half_open", trips: breaker.trips, trialAt: now } };
}

/**
 * The state after a run has ended at `now`. `healthy`: the runner did work, whatever became of the item. `unknown`: it
 * was stopped or lost before that could be seen; counts neither way.
 */
export function afterRun(
  breaker: BreakerState,
  run: "healthy" | "runner_failed" | "unknown",
  now: number,
): BreakerState {
  if (run === "healthy") return HEALTHY;
  if (run === "unknown") return breaker.state === "half_open" ? reopened(breaker.trips, now) : breaker;
  switch (breaker.state) {
    case "closed":
      return breaker.failures + 1 < BREAKER_THRESHOLD
        ? { state: "closed", failures: breaker.failures + 1 }
        : opened(1, now);
    case "half_open":
      return opened(breaker.trips + 1, now);
    case "open":
      // A run that had started before the breaker opened: the same trouble, not a new one.
      return breaker;
  }
}

function opened(trips: number, now: number): BreakerState {
  return { state: "open", trips, retryAt: now + pauseMs(trips) };
}

/** A trial that told nothing: the next one may start at once. */
function reopened(trips: number, now: number): BreakerState {
  return { state: "open", trips, retryAt: now };
}

/** Pause after the breaker has opened for the n-th time in a row: 30 s, 1 min, 2 min … 15 min. */
export function pauseMs(trips: number): number {
  return Math.min(BREAKER_BASE_MS * 2 ** (Math.max(1, trips) - 1), BREAKER_MAX_MS);
}
