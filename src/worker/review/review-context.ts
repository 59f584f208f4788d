import type { Sha } from "#domain/git-ref/sha.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import type { Outcome } from "#domain/run/outcome.ts";
import type { RunContext } from "#worker/run/run-context.ts";
import type { RunPlace } from "#worker/run/run-places.ts";

/** A merge result that the project's check has passed. */
export interface CheckedMerge {
  readonly tip: Sha;
  readonly merge: Sha;
}

/** What the steps of a review share. */
export interface ReviewContext extends RunContext {
  readonly places: readonly RunPlace[];
  /** By repo id: what this process has checked, so that landing on the same tip need not check again. */
  readonly checked: Map<number, CheckedMerge>;
}

/** What a review step found. */
export type StepResult =
  /** `to`: the phase to go to instead of the next. */
  | { readonly kind: "passed"; readonly note?: string; readonly to?: Phase }
  | { readonly kind: "returned"; readonly outcome: Outcome; readonly reason: string }
  /** It stays in its phase: until `notBeforeMs` (epoch ms), or until somebody takes it again. */
  | {
      readonly kind: "left";
      readonly note: string;
      readonly notBeforeMs?: number;
      readonly forHuman?: boolean;
    };

/** When a landing that only a person can free is looked at again. */
export const HUMAN_PAUSE_MS = 5 * 60_000;
