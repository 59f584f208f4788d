import type { ActorName } from "#domain/actor.ts";
import type { KindClass, Priority } from "#domain/kind.ts";
import type { Budget } from "#domain/schedule/budget.ts";
import type { GivenState, ItemState, Phase } from "./lifecycle.ts";

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

/** The lease of an item that nobody holds. */
export const NO_LEASE = {
  leaseId: null,
  holder: null,
  leaseRunId: null,
  leaseAcquiredAt: null,
  leaseExpiresAt: null,
  leaseTtlMs: null,
} as const satisfies Partial<Item>;

/** What changes of an item. Its state is what `nextState` answered. */
export type ItemChange = Partial<Omit<Item, "state">> & { readonly state?: GivenState };

/** An item on which no question waits for an answer. */
export const NOT_ASKED = {
  resumeLane: null,
  answerBy: null,
  takesDefault: false,
} as const satisfies Partial<Item>;

/** What callers set on an item, beside its title, when it is made and in an edit; here with what it is where nobody says. */
export const EDITABLE = {
  kind: "code",
  type: "task",
  priority: null,
  labels: [],
  budget: null,
} as const satisfies Partial<Item>;
export type EditableField = "title" | keyof typeof EDITABLE;
const isEditable = (field: string): field is keyof typeof EDITABLE => field in EDITABLE;
export const EDITABLE_FIELDS: readonly EditableField[] = [
  "title",
  ...Object.keys(EDITABLE).filter(isEditable),
];

/** Editable fields that a caller named; absent where they named none. */
export type ItemFields = { readonly [F in EditableField]?: Item[F] | undefined };

/** What every item is when it is made, until an entry of its history says otherwise. */
export const AT_FIRST = {
  state: "open",
  phase: null,
  phasesLeft: [],
  ...NOT_ASKED,
  band: 1,
  tried: 0,
  attempts: 0,
  losses: 0,
  notBefore: null,
  firedAt: null,
  openBlockers: 0,
  openChildren: 0,
  overBudget: false,
  heldBy: null,
  ...NO_LEASE,
  fence: 0,
  version: 1,
  eventN: 1,
  closedAt: null,
} as const satisfies Partial<Item>;
