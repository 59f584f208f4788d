import type { ActorName } from "#domain/actor.ts";
import type { Item, ItemChange } from "#domain/item/item.ts";
import type { Lane } from "#domain/lane.ts";
import type { Outcome, ReportedOutcome } from "#domain/run/outcome.ts";

/** What a verb rests on: the item as it is, and what of its surroundings the rules ask for. Times are epoch milliseconds. */
export interface PlanFacts {
  readonly item: Item;
  /** The item's ref, for refusals. */
  readonly ref: string;
  /** The database's time. */
  readonly now: number;
  readonly lanes: readonly Lane[];
  /** In [0, 1), for the jitter of back-offs. */
  readonly random: () => number;
}

/** How the run that works on the item goes on: it reports what it did, or it ends. */
type RunChange =
  | { readonly reported: ReportedOutcome; readonly ends?: Outcome }
  | { readonly ends: Outcome; readonly reason?: string | undefined };

interface PlannedNote {
  readonly kind: "finish" | "release" | "block" | "park" | "run" | "return" | "review";
  readonly body: string;
  /** The rule that wrote it, where it is not the caller. */
  readonly actor?: ActorName;
  /** Written by the holder of the item's lease. */
  readonly byHolder?: boolean;
  /** Whether it tells of the run that holds the item; by default it does. */
  readonly ofRun?: boolean;
}

/** All that one verb changes about an item, computed before anything is written. A store writes it in one step, or nothing of it. */
export interface Plan {
  readonly change: ItemChange;
  /** Name of the entry in the history where it is not the verb's own. */
  readonly operation?: string;
  /** The rule that acts, where it is not the caller. */
  readonly actor?: ActorName;
  /** Kept with the entry beside the changed columns. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly run?: RunChange;
  readonly notes?: readonly PlannedNote[];
}
