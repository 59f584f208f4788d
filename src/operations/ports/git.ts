import type { Sha } from "#domain/git-ref/sha.ts";

/**
 * Git, in domain words. `repo` is always the absolute path of a repository's common directory, as `inspect` answers it;
 * it names the same repository from every worktree. Every method refuses with `unavailable` when git is missing, times out
 * or fails for a reason of its own, with `not_found` when the repository is gone, and with `invalid` when a name is malformed.
 * No method runs a hook. Programs that a repository configures run only where a remote is spoken to (its ssh command or
 * credential helper) and where `filters` asks for them.
 */
export interface GitPort extends GitReading, GitHistory, GitRuns, GitTrust, GitLanding {
  readonly name: "git";
}

export type Head =
  | { readonly kind: "branch"; readonly branch: string; readonly sha: Sha }
  | { readonly kind: "detached"; readonly sha: Sha }
  | { readonly kind: "unborn"; readonly branch: string };

export interface RepoFacts {
  /** Absolute, symlinks resolved: the `repo` of every other method. */
  readonly commonDir: string;
  /** The worktree that holds the asked path; absent in a bare repository. */
  readonly topLevel?: string;
  readonly bare: boolean;
  readonly shallow: boolean;
  /** No commit on any branch. */
  readonly empty: boolean;
  /** `origin/HEAD` where that branch still exists, else the branch of the main worktree, `main`, `master`, the only branch. */
  readonly defaultBranch?: string;
  readonly head: Head;
  /** Commits without parents that HEAD reaches, sorted. In a shallow repository none, since its roots are not known. */
  readonly rootCommits: readonly Sha[];
  /** Address of `origin`, else of the only remote; a password in it is masked. */
  readonly remoteUrl?: string;
  /** The worktree of the repository that this one is a submodule of. */
  readonly superproject?: string;
}

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface People {
  readonly author: Person;
  readonly committer: Person;
}

export interface ChangedPath {
  readonly change: "added" | "modified" | "deleted";
  /** Relative to the repository's top; what is not UTF-8 in it shows as U+FFFD. */
  readonly path: string;
}

/** Where a folder's repository is. */
export type RepoPlace = Pick<RepoFacts, "commonDir" | "topLevel">;

export interface GitReading {
  /** The repositories around folders, in their order; undefined for one in no repository, or in one that another user owns. */
  readonly places: (p: { folders: readonly string[] }) => Promise<readonly (RepoPlace | undefined)[]>;
  /** Refuses with `not_found` when the path is gone, `invalid` when it is in no repository, `denied` when another user owns it. */
  readonly inspect: (p: { path: string }) => Promise<RepoFacts>;
  /** A branch, tag, abbreviated or full commit id → the commit; `not_found` when there is none. */
  readonly resolve: (p: { repo: string; name: string }) => Promise<Sha>;
  readonly headOf: (p: { repo: string; branch: string }) => Promise<Sha>;
  /** Who git says commits here. Refuses with `invalid` and the command to run when `user.name` or `user.email` is not set. */
  readonly identity: (p: { repo: string }) => Promise<People>;
  /** A unified diff, cut after `maxBytes` (default 1 MiB). */
  readonly diff: (p: {
    repo: string;
    base: Sha;
    head: Sha;
    maxBytes?: number;
  }) => Promise<{ readonly text: string; readonly truncated: boolean }>;
  /** The bytes of one file (a symlink's target), cut after `maxBytes` (default 1 MiB); undefined when there is none. */
  readonly showFile: (p: {
    repo: string;
    commit: Sha;
    path: string;
    maxBytes?: number;
  }) => Promise<{ readonly bytes: Uint8Array; readonly truncated: boolean } | undefined>;
  /** Paths of all files of a commit. */
  readonly files: (p: { repo: string; commit: Sha }) => Promise<readonly string[]>;
  /** True for a file, a directory, a symlink or a submodule. */
  readonly pathExists: (p: { repo: string; commit: Sha; path: string }) => Promise<boolean>;
  /**
   * Lines that match, in text files. `paths` are literal files or directories, default all. `word` matches whole words of a
   * fixed string. Refuses with `invalid` a malformed `ere`, with `limited` what takes longer than `timeoutMs` (default 10 s).
   */
  readonly grep: (p: {
    repo: string;
    commit: Sha;
    pattern: string;
    syntax: "fixed" | "word" | "ere";
    paths?: readonly string[];
    timeoutMs?: number;
  }) => Promise<{
    readonly count: number;
    readonly files: readonly { readonly path: string; readonly count: number }[];
  }>;
}

export interface BranchHead {
  /** Full name: `refs/heads/main`, `refs/remotes/origin/main`. */
  readonly ref: string;
  readonly sha: Sha;
}

export interface CommitRecord {
  readonly sha: Sha;
  readonly parents: readonly Sha[];
  readonly author: Person;
  readonly committer: Person;
  /** Epoch milliseconds, whole seconds. */
  readonly authoredAtMs: number;
  readonly committedAtMs: number;
  readonly subject: string;
  /** Cut at 64 Ki characters. */
  readonly body: string;
}

export interface HistoryScan {
  /** The branches as they are now, local and remote-tracking. Give them as `known` the next time. */
  readonly branches: readonly BranchHead[];
  /** Full names of known branches that are gone. */
  readonly gone: readonly string[];
  /** Known branches whose old head their new one does not contain: forced, rebased or reset. */
  readonly rewritten: readonly { readonly ref: string; readonly from: Sha; readonly to: Sha }[];
  /** Commits that no known head reaches, newest first, in batches of at most 1,000. May repeat a commit after a rewrite. */
  readonly commits: AsyncIterable<readonly CommitRecord[]>;
}

export interface GitHistory {
  /** Once a shallow repository was deepened, give no known heads: older commits lie behind them. */
  readonly scan: (p: { repo: string; known: readonly BranchHead[] }) => Promise<HistoryScan>;
  /** Whether `from` (a full ref name or a commit) contains the commit; false when either is gone. */
  readonly reachable: (p: { repo: string; sha: Sha; from: string }) => Promise<boolean>;
  /** Stable patch ids by commit. Merges and empty commits have none; an unknown commit refuses with `not_found`. */
  readonly patchIds: (p: { repo: string; shas: readonly Sha[] }) => Promise<ReadonlyMap<Sha, string>>;
  /** The commit that last changed a line. `line` counts from 1; `commit` defaults to HEAD. `not_found` past the end. */
  readonly blame: (p: { repo: string; path: string; line: number; commit?: Sha }) => Promise<Sha>;
  /**
   * The newest commit below HEAD that changed how often a text stands in a file. Undefined where there is none, or where it does not
   * stand there as `stands` says it should: then the change is not committed.
   */
  readonly lastChange: (p: {
    repo: string;
    path: string;
    text: string;
    stands: boolean;
  }) => Promise<Sha | undefined>;
  /** Commits that `to` has and `from` has not, newest first, that touch any of `paths` (default: all). At most `limit`. */
  readonly commitsBetween: (p: {
    repo: string;
    from: Sha;
    to: Sha;
    paths?: readonly string[];
    limit: number;
  }) => Promise<readonly CommitRecord[]>;
  /** Short names of branches or tags. */
  readonly refNames: (p: { repo: string; kind: "branch" | "tag" }) => Promise<readonly string[]>;
}

/** The folder of a run, or of a check: a repository of its own that borrows the objects of the registered one. */
export interface RunRepository {
  /** Common directory of the registered repository. */
  readonly repo: string;
  /** Absolute. Its `.git` is the run's, and no git of ours ever opens it. */
  readonly dir: string;
}

export interface SavedRun {
  /** The run's base where it left nothing. */
  readonly head: Sha;
  /** Repositories inside the folder, whose content a commit cannot hold. */
  readonly embedded: readonly string[];
}

export interface GitRuns {
  /**
   * Makes `dir` (not there yet) a repository with the files of `commit`, on the new branch `branch`, or on none for a check. It sees the
   * registered one's branches, tags and objects, and has refs, a configuration, an index and a stash of its own, no hooks, and, on a branch,
   * an `origin` that nothing can be pushed to. Filters of the registered repository do not run; LFS files stay pointers; folders of submodules stay empty. A failure leaves
   * nothing behind. `conflict` when the folder is there already.
   */
  readonly openRun: (
    p: RunRepository & {
      readonly commit: Sha;
      readonly branch?: string;
      /** Who commits there. */
      readonly people?: People;
    },
  ) => Promise<void>;
  /** Hides files that were put into the folder and are not the run's work. @param paths relative to the folder */
  readonly leaveOut: (p: RunRepository, paths: readonly string[]) => Promise<void>;
  /** Where the run's own branch stands in its folder; undefined where that cannot be read. */
  readonly ownHead: (p: RunRepository & { readonly branch: string }) => Promise<Sha | undefined>;
  /**
   * Brings what the run left to the branch of that name in the registered repository: its commits, what is not committed in one more, a
   * detached HEAD and an autostash as further parents. Ignored files are not kept. Nothing that the run wrote is executed. A branch that is
   * there with other commits stays as it is. Then it removes the folder, unless a repository inside would be lost. Refuses with `denied`, and takes nothing over, commits that are malformed, too large or not
   * whole. Call it when no process of the run lives.
   */
  readonly saveRun: (
    p: RunRepository & { readonly branch: string; readonly base: Sha; readonly message: string },
  ) => Promise<SavedRun>;
  /** Removes the folder, whatever it holds. */
  readonly closeRun: (p: RunRepository) => Promise<void>;
  /**
   * Deletes a `sluice/` branch, if it is there, whose work `landed` holds: it stands at `from`, which the caller made `landed` of, or
   * merging it would change nothing; else `conflict`.
   */
  readonly deleteBranch: (p: {
    repo: string;
    branch: string;
    landed: Sha;
    from?: Sha | undefined;
  }) => Promise<void>;
  /**
   * Rewrites the commits that only `branch`, which stands at `head`, holds since `base`: the ref into the message, runners' trailers out, author and
   * committer the human's, dates and trees kept. Answers the new head.
   */
  readonly rewriteMessages: (p: {
    repo: string;
    branch: string;
    head: Sha;
    base: Sha;
    ref: string;
    trailers?: "strip" | "keep";
  }) => Promise<Sha>;
}

/** What a repository may run or ask while Sluice fetches, lands or pushes: a setting, a hook, its attributes. */
export interface SettingChange {
  readonly name: string;
  /** As it was trusted, passwords masked; absent when it was made since. */
  readonly before?: string;
  /** Absent when it was removed. */
  readonly after?: string;
}

export interface GitTrust {
  /** What changed since a person trusted the repository's settings; the first look trusts them. */
  readonly untrusted: (p: { repo: string }) => Promise<readonly SettingChange[]>;
  /**
   * Trusts them as they are now; answers what changed.
   * @param once nothing is trusted before this is fulfilled, or where it fails; they are read meanwhile
   */
  readonly trust: (p: { repo: string; once?: Promise<unknown> }) => Promise<readonly SettingChange[]>;
}

/** Where a change is to land. */
export type LandingTarget =
  | { readonly kind: "local"; readonly branch: string }
  /** `remote`: the name of a configured remote, such as `origin`. */
  | { readonly kind: "remote"; readonly branch: string; readonly remote: string };

export type BuiltMerge =
  | {
      readonly kind: "built";
      readonly commit: Sha;
      readonly tree: Sha;
      /** Its date, epoch milliseconds, whole seconds. */
      readonly atMs: number;
      /** What it does to the tip; a rename is one deletion and one addition. */
      readonly changes: readonly ChangedPath[];
    }
  | { readonly kind: "conflict"; readonly paths: readonly string[] }
  /** The tip holds the change already. */
  | { readonly kind: "empty" };

export type LandResult =
  | { readonly kind: "landed" }
  | { readonly kind: "moved"; readonly tip: Sha }
  /** A person stands on the target, and their checkout stays as it is. */
  | {
      readonly kind: "checked_out";
      readonly worktree: string;
      readonly state: CheckoutState;
      /** Of `changed`: what is in the way, as far as it is known. */
      readonly paths: readonly string[];
    }
  /** The remote declined (a protected branch, a hook); its words, passwords masked. */
  | { readonly kind: "refused"; readonly message: string };

/**
 * Why a checkout of the target does not move along. `kept`: the person said no. `absent`: its folder is not there. `unfinished`: a rebase,
 * merge or the like is under way. `several`: more than one stands on the target. `filtered`: a content filter that does not run unasked
 * (the repository's own, git-lfs) would have to make its files. `changed`: a change of the person's, or an untracked file, is in the way.
 */
type CheckoutState = "kept" | "absent" | "unfinished" | "several" | "filtered" | "changed";

/** What may become of a checkout of the target: `with_filters` lets the repository's own filters run, since a person asks for it. */
export type CheckoutRule = "stays" | "moves" | "with_filters";

export interface GitLanding {
  /** The target's head, fetched where it is remote. `not_found` when there is no such branch, `unavailable` with `details.remote` when that does not answer. */
  readonly tip: (p: { repo: string; target: LandingTarget }) => Promise<Sha>;
  /** Builds the merge result as a commit that no branch names, without a checkout. `squash`: one parent; `merge`: two. */
  readonly buildMerge: (p: {
    repo: string;
    tip: Sha;
    head: Sha;
    strategy: "squash" | "merge";
    message: string;
  }) => Promise<BuiltMerge>;
  /**
   * Moves the target from `from` to `to`, never by force; `to` must contain `from`. A checkout of it moves along only where nothing that its
   * person changed is touched; a move that was cut short is finished by the same call.
   */
  readonly land: (p: {
    repo: string;
    target: LandingTarget;
    from: Sha;
    to: Sha;
    checkout: CheckoutRule;
  }) => Promise<LandResult>;
  /** Recovery: whether the target contains the commit by now. */
  readonly landedAlready: (p: { repo: string; target: LandingTarget; commit: Sha }) => Promise<boolean>;
  /** Pushes a `sluice/` branch to a remote for review, never by force. */
  readonly pushBranch: (p: { repo: string; branch: string; remote: string }) => Promise<LandResult>;
  /**
   * Removes lock files that a killed git left, of the given branches, here and as last seen on remotes, of the indexes of their checkouts, and of the packed refs, when
   * older than 2 s while no process holds them and no git runs in the repository. Answers what it removed.
   */
  readonly clearStaleLocks: (p: { repo: string; branches: readonly string[] }) => Promise<readonly string[]>;
}
