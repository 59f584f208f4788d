import type { ForgeRepo, PullRequestSight } from "#domain/forge/pull-request.ts";

/** A branch on the remote that is to be merged into another. */
export interface PullRequestWish {
  readonly repo: ForgeRepo;
  /** Short name; it has been pushed. */
  readonly branch: string;
  /** Short name of the branch that it is to be merged into. */
  readonly target: string;
  /** One line. */
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export type OpenedPullRequest =
  | { readonly kind: "opened"; readonly number: number; readonly url: string }
  /** No program here speaks with this forge, or it is not signed in: a person opens it. */
  | { readonly kind: "unserved"; readonly why: string };

/**
 * Where branches are looked at before they are merged. Refuses with `unavailable` and `details.forge` when the forge does not answer or
 * refuses. Never merges.
 */
export interface ForgePort {
  /** Opens a pull request, or answers the open one of that branch. */
  readonly open: (wish: PullRequestWish) => Promise<OpenedPullRequest>;
  /** Undefined where this forge cannot be asked from here. */
  readonly look: (p: { repo: ForgeRepo; number: number }) => Promise<PullRequestSight | undefined>;
  /** Closes a pull request without merging it, with a word why. */
  readonly close: (p: { repo: ForgeRepo; number: number; comment: string }) => Promise<void>;
}
