import type { ActorName } from "#domain/actor.ts";
import type { KindClass, Priority } from "#domain/kind.ts";
import type { Budget } from "#domain/schedule/budget.ts";
import type { ItemState, Phase } from "./lifecycle.ts";

/** Where accepted work stands. The hot row: what the queue and the lifecycle need, without the long texts. Times are epoch ms. */
export interface Item {
  /** The number of the ref, unique in the workspace, never used again. */
  readonly id: number;
  readonly uid: string;
  readonly projectId: number;
  readonly title: string;
  readonly state: ItemState;
  /** What an item in review waits for; null in every other state. */
  readonly phase: Phase | null;
  /** Phases still to pass after the current one, in order. */
  readonly phasesLeft: readonly Phase[];
  readonly lane: string;
  /** Lane to return to when an open question is answered or a blocker is done. */
  readonly resumeLane: string | null;
  /** Until when its open question wants an answer; null where nothing is asked, or a person moved it on. */
  readonly answerBy: number | null;
  /** A person allowed that the question's default is taken at `answerBy`. */
  readonly takesDefault: boolean;
  readonly kind: string;
  readonly class: KindClass;
  readonly type: string;
  readonly priority: Priority | null;
  readonly labels: readonly string[];
  /** Canonical set of capabilities that a runner must have, sorted, joined by commas; empty for any runner. */
  readonly needs: string;
  /** 0 = a fired trigger or a human's bump, 1 = the rest. */
  readonly band: 0 | 1;
  /** When it became ready first; decides its place. */
  readonly readyAt: number;
  readonly deadline: number;
  /** Runs so far that ended without a result: ties go to the untried. */
  readonly tried: number;
  readonly attempts: number;
  readonly losses: number;
  readonly notBefore: number | null;
  readonly waitsForTrigger: boolean;
  readonly firedAt: number | null;
  readonly openBlockers: number;
  readonly openChildren: number;
  /** The most that all its runs together may spend. */
  readonly budget: Budget | null;
  /** Its runs have spent that; follows from them. */
  readonly overBudget: boolean;
  readonly heldBy: number | null;
  readonly parentId: number | null;
  readonly leaseId: string | null;
  readonly holder: ActorName | null;
  readonly leaseRunId: number | null;
  readonly leaseAcquiredAt: number | null;
  readonly leaseExpiresAt: number | null;
  /** Length asked for, by which each call renews. */
  readonly leaseTtlMs: number | null;
  /** Grows with each claim; for order and display, never for authority. */
  readonly fence: number;
  /** Version for `if_version`: grows with each change of what a person edits. */
  readonly version: number;
  /** Number of the newest event of this item's stream. */
  readonly eventN: number;
  readonly createdBy: ActorName;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly closedAt: number | null;
}
