import type { Sha } from "#domain/git-ref/sha.ts";

/** A commit as the index keeps it. Times are epoch milliseconds. */
export interface IndexedCommit {
  readonly repoId: number;
  readonly sha: string;
  readonly parents: readonly string[];
  readonly subject: string;
  readonly authorName: string;
  readonly authorEmail: string;
  readonly authoredAt: number;
  readonly committedAt: number;
}

export interface CommitRef {
  readonly prefix: string;
  readonly number: number;
  readonly sub: string;
  readonly closes: boolean;
}

export interface ScannedCommit extends IndexedCommit {
  readonly refs: readonly CommitRef[];
  /** Commits that it takes back, by its own words. */
  readonly reverts: readonly Sha[];
}

export interface CommitStore {
  /** Branch heads as last seen: what an incremental scan starts from. */
  readonly heads: (request: {
    repoId: number;
  }) => Promise<readonly { readonly name: string; readonly sha: string }[]>;
  /** Adds commits with the refs they name; replaces the branch heads when `heads` is given (the last batch). */
  readonly record: (request: {
    repoId: number;
    commits: readonly ScannedCommit[];
    heads?: readonly { readonly name: string; readonly sha: string }[] | undefined;
  }) => Promise<void>;
  /** By full sha or a unique start of at least 7 characters; several where it is ambiguous. */
  readonly find: (request: {
    sha: string;
  }) => Promise<readonly (IndexedCommit & { readonly refs: readonly CommitRef[] })[]>;
  /** Ids of items that a commit was given for as evidence, by its full name or the beginning of it. */
  readonly givenFor: (request: { sha: string }) => Promise<readonly number[]>;
  readonly ofItem: (request: {
    prefixes: readonly string[];
    number: number;
  }) => Promise<readonly IndexedCommit[]>;
  /**
   * Commits that say to close an open item that nobody holds, written since it was filed or last reopened. Which branch has them is
   * git's to say.
   */
  /** Commits that take others back. */
  readonly reverts: (request: {
    repoId: number;
  }) => Promise<readonly { readonly sha: Sha; readonly reverted: Sha }[]>;
  /** Done items that a commit names which another one takes back. */
  readonly reverted: (request: {
    prefixes: readonly string[];
  }) => Promise<readonly { readonly itemId: number }[]>;
  readonly closing: (request: { prefixes: readonly string[] }) => Promise<
    readonly {
      readonly sha: Sha;
      /** Epoch ms, whole seconds. */
      readonly authoredAt: number;
      readonly item: { readonly id: number; readonly projectId: number; readonly repoId: number };
    }[]
  >;
}
