import type { ReportedOutcome } from "#domain/run/outcome.ts";
import type { Phase } from "./lifecycle.ts";

export interface ReviewFacts {
  readonly outcome: ReportedOutcome;
  readonly landing: "pr" | "merge" | "branch" | "none";
  /** A person looks before it lands. */
  readonly humanReview: boolean;
  /** A worker runs the check and lands; without one (a person and an agent in the person's own checkout) git decides. */
  readonly hasWorker: boolean;
}

/** A pull request is opened as the others land, and then waits for the forge. */
const LANDS = {
  merge: ["land"],
  branch: ["await_git"],
  pr: ["land", "await_git"],
} as const satisfies Record<"merge" | "branch" | "pr", readonly Phase[]>;

/** The phases a finished item must pass before it is done, in order; never none: `finish` is never directly done. */
export function reviewPhases({ outcome, landing, humanReview, hasWorker }: ReviewFacts): readonly Phase[] {
  if (outcome !== "changed" || landing === "none") return ["human"];
  if (!hasWorker) return ["await_git"];
  const look: readonly Phase[] = humanReview ? ["human"] : [];
  return ["verify", ...look, ...LANDS[landing]];
}
