import type { Sha } from "#domain/git-ref/sha.ts";

/** What a run left in one repository. */
export interface CheckedResult {
  readonly repoId: number;
  readonly commit: Sha;
}

/** What came of landing one result. */
export interface LandedForPerson {
  /** `waits` stays in its phase, `returned` is back with the agents. */
  readonly kind: "landed" | "waits" | "returned";
  /** Why it did not land, and what to do. */
  readonly note?: string | undefined;
  readonly commits: readonly { readonly repo: string; readonly target: string; readonly commit: string }[];
}

/** What a worker does after a run, done on this machine for a person. */
export interface CheckPort {
  /**
   * Runs the check on what landing these commits would make, in fresh worktrees, while nobody else reviews the item. Where it fails the
   * item goes back with its last words. Refuses with `conflict` when the item is reviewed already or has moved.
   */
  readonly check: (p: {
    itemId: number;
    runId: number;
    results: readonly CheckedResult[];
  }) => Promise<"passed" | "failed" | "interrupted">;
  /** Checks and lands the result of a run in phase `verify` or `land`, its checkout with it. Refuses with `conflict` as `check` does. */
  readonly land: (p: { itemId: number; runId: number }) => Promise<LandedForPerson>;
}
