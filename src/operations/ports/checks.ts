import type { Sha } from "#domain/git-ref/sha.ts";

/** What a run left in one repository. */
export interface CheckedResult {
  readonly repoId: number;
  readonly commit: Sha;
}

/** The project's check, run on this machine for a person. */
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
}
