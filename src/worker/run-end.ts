import type { Outcome } from "#domain/run/outcome.ts";

/** How a claimed item's run ended, before it is recorded. */
export type RunEnd =
  /** The store knows it already: the agent reported, or somebody ended the run. */
  | { readonly kind: "recorded" }
  | { readonly kind: "lost" }
  /** The worker reports `finish` in the agent's name. */
  | { readonly kind: "finish"; readonly note: string }
  | { readonly kind: "park"; readonly outcome: Outcome; readonly note: string }
  /** Only a person can go on. */
  | { readonly kind: "block"; readonly note: string }
  | {
      readonly kind: "end";
      readonly outcome: Outcome;
      /** Undefined where the item has been told the same before. */
      readonly note: string | undefined;
      /** When the item may be claimed again, in the store's time; default what the outcome says. */
      readonly notBeforeMs?: number;
    };
