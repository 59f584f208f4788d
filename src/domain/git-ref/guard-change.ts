/** What a run must leave alone in a repository's common directory. Names to fingerprints; equal maps mean nothing changed. */
export interface GuardSnapshot {
  /**
   * Full ref name → object name, symbolic refs as `ref: NAME`. Without `refs/remotes/`, which any fetch of anybody moves. Null where
   * git cannot read them: its configuration, or the refs themselves, are damaged.
   */
  readonly refs: Readonly<Record<string, string>> | null;
  /**
   * Path below the common directory (hooks, info/attributes, …) → mode and SHA-256 of the content. The configuration is two
   * entries: `config branch.*`, what tracking a branch writes, and `config`, all else.
   */
  readonly files: Readonly<Record<string, string>>;
  /** Worktree name, `` for the main one → its HEAD, as the file says it. */
  readonly heads: Readonly<Record<string, string>>;
}

export interface GuardChange {
  readonly kind: "ref" | "file" | "head";
  readonly name: string;
  /**
   * A person at work in the same repository changes this as well (their branches, tags, stash, HEAD, worktrees, a branch's
   * tracking), so that it may not be the run's doing. Never true for other configuration, hooks, attributes, `sluice/` branches and replaced objects.
   */
  readonly ordinary: boolean;
  /** Absent when it was made. */
  readonly before?: string;
  /** Absent when it was removed. */
  readonly after?: string;
}

interface GuardAllowance {
  /** Short names of branches that may change: the run's own, those of other live runs, the target of a landing of ours. */
  readonly branches: readonly string[];
  /** Names of worktrees (the last part of their directory) that may come, go or move: those of live runs and checks. */
  readonly worktrees: readonly string[];
}

/** What changed beyond what is allowed, sorted by kind and name. */
export function compareGuards(
  before: GuardSnapshot,
  after: GuardSnapshot,
  allowed: GuardAllowance,
): readonly GuardChange[] {
  const branches = new Set(allowed.branches.map((branch) => `refs/heads/${branch}`));
  const worktrees = new Set(allowed.worktrees);
  return [
    ...changes("file", before.files, after.files).filter(({ name }) => !ofWorktree(name, worktrees)),
    ...changes("head", before.heads, after.heads).filter(({ name }) => !worktrees.has(name)),
    ...refChanges(before.refs, after.refs).filter(({ name }) => !branches.has(name)),
  ];
}

/** Refs that can no longer be read are one change, named `*`. */
function refChanges(before: GuardSnapshot["refs"], after: GuardSnapshot["refs"]): readonly GuardChange[] {
  if (before !== null && after !== null) return changes("ref", before, after);
  return before === after ? [] : [{ kind: "ref", name: "*", ordinary: false }];
}

const PERSONS_REFS = /^refs\/(?:heads\/(?!sluice\/)|tags\/|stash$)/;
const PERSONS_FILES = /^worktrees\/[^/]+\/(?:gitdir|commondir)$|^config branch\.\*$|^logs\/refs\/stash$/;

function ofWorktree(path: string, worktrees: ReadonlySet<string>): boolean {
  const [, name] = /^worktrees\/([^/]+)\//.exec(path) ?? [];
  return name !== undefined && worktrees.has(name) && !path.endsWith("/config.worktree");
}

function changes(
  kind: GuardChange["kind"],
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly GuardChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => ({
      kind,
      name,
      ordinary: kind === "head" || (kind === "ref" ? PERSONS_REFS : PERSONS_FILES).test(name),
      ...given("before", before[name]),
      ...given("after", after[name]),
    }));
}

function given(key: "before" | "after", value: string | undefined): { before?: string; after?: string } {
  return value === undefined ? {} : { [key]: value };
}
