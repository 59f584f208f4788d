import type { Sha } from "#domain/git-ref/sha.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import type { CommitRecord } from "#operations/ports/git.ts";
import type { Outcome } from "#domain/run/outcome.ts";
import type { RunContext } from "#worker/run/run-context.ts";
import { untrustedNote } from "#operations/git/untrusted-repos.ts";
import type { RunPlace, TargetRepo } from "#worker/run/run-places.ts";
import type { WorkSession } from "#worker/work-session.ts";

/** A merge result that the project's check has passed. */
export interface CheckedMerge {
  readonly tip: Sha;
  readonly merge: Sha;
  /** The head of the run's branch that it was made of; undefined where an earlier process made it. */
  readonly head?: Sha;
  /** Absent where another process has built it. */
  readonly record?: CommitRecord;
}

/** What the steps of a review share. */
export interface ReviewContext extends RunContext {
  readonly places: readonly RunPlace[];
  /** By repo id: what this process has checked, so that landing on the same tip need not check again. */
  readonly checked: Map<number, CheckedMerge>;
  /** A person asks for this landing now: a checkout that stands on the target may move along, filters and all. */
  readonly isAsked: boolean;
}

/** What a review step found. */
export type StepResult =
  /** `to`: the phase to go to instead of the next. */
  | { readonly kind: "passed"; readonly note?: string; readonly to?: Phase }
  | { readonly kind: "returned"; readonly outcome: Outcome; readonly reason: string }
  /** It stays in its phase: for `pauseMs`, or until somebody takes it again. */
  | {
      readonly kind: "left";
      readonly note: string;
      readonly pauseMs?: number;
      readonly forHuman?: boolean;
    };

/** When a landing that only a person can free is looked at again. */
export const HUMAN_PAUSE_MS = 5 * 60_000;

/** What a review comes to while a repository has settings that no person trusted; undefined where it has none. */
export async function untrustedStep(
  { deps }: Pick<WorkSession, "deps">,
  targets: readonly TargetRepo[],
): Promise<(StepResult & { readonly kind: "left" }) | undefined> {
  const notes = await Promise.all(targets.map(({ repo }) => untrustedNote(deps.git, repo)));
  const note = notes.find((one) => one !== undefined);
  if (note === undefined) return undefined;
  return { kind: "left", forHuman: true, pauseMs: HUMAN_PAUSE_MS, note };
}
