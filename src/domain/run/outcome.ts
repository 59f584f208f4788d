/**
 * How a run ended, a closed set, and what it counts as: `free` costs nothing, `attempt` counts against the item (at most 3, with
 * back-off), `loss` counts against poison items (at most 10), `clash` counts with the losses and backs off from the second on: who
 * meets others again and again lets them pass. `fault` is the runner's and feeds its breaker only, `tamper` parks.
 */
export const OUTCOMES = {
  changed: "free",
  already_satisfied: "free",
  no_change: "free",
  blocked: "free",
  asked: "free",
  released: "free",
  revoked: "free",
  changes_requested: "free",
  pr_closed: "free",
  conflict: "clash",
  check_failed: "attempt",
  agent_failed: "attempt",
  timed_out: "attempt",
  stalled: "attempt",
  unexplained: "attempt",
  runner_failed: "fault",
  expired: "loss",
  interrupted: "loss",
  tampered: "tamper",
  worker_killed: "tamper",
} as const satisfies Record<string, "free" | "attempt" | "fault" | "loss" | "clash" | "tamper">;

export type Outcome = keyof typeof OUTCOMES;

/** Outcomes that a holder may report with `finish`; all others are found by the worker or the store. */
export const REPORTED_OUTCOMES = [
  "changed",
  "already_satisfied",
  "no_change",
] as const satisfies readonly Outcome[];
export type ReportedOutcome = (typeof REPORTED_OUTCOMES)[number];

/** An item is parked when this many attempts failed. */
export const MAX_ATTEMPTS = 3;
/** An item whose runs were lost this often is parked: one that kills its workers, or that meets others wherever it goes. */
export const MAX_LOSSES = 10;

/** A run whose check ended with its worker this often is not checked again. */
export const MAX_CHECK_LOSSES = 2;

/**
 * An item is parked when its agents gave it back this often in a row: as many as attempts, since each was paid like one, and a person
 * knows more from three notes than another agent does.
 */
export const MAX_GIVEN_BACK = 3;

const BACKOFF_BASE_MS = 30_000;
const BACKOFF_MAX_MS = 15 * 60_000;

/**
 * How long an item waits after its n-th failed attempt: 30 s · 2^(n−1), at most 15 min, plus up to a tenth of jitter.
 * @param random in [0, 1)
 */
export function backoffMs(attempts: number, random: number): number {
  const base = Math.min(BACKOFF_BASE_MS * 2 ** Math.max(0, attempts - 1), BACKOFF_MAX_MS);
  return Math.round(base * (1 + random / 10));
}
