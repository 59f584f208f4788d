import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import type { GitLanding } from "#operations/ports/git.ts";
import { linkedWorktree } from "./linked-worktree.ts";
import { listWorktrees } from "./list-worktrees.ts";
import { gitRunsIn, isHeldOpen } from "./live-git.ts";
import type { GitRunner } from "./run-git.ts";

/** A living git writes its small files and renames them within milliseconds. */
const MIN_AGE_MS = 2_000;

type Cleaning = Parameters<GitLanding["clearStaleLocks"]>[0];

export async function clearStaleLocks(
  git: GitRunner,
  nowMs: number,
  { repo, branches }: Cleaning,
): Promise<readonly string[]> {
  const worktrees = await listWorktrees(git, repo);
  const refs = ["packed-refs.lock", ...branches.flatMap((branch) => branchLocks(repo, branch))];
  const ours = worktrees.filter(({ branch, missing }) => !missing && branch?.startsWith("sluice/") === true);
  const dirs = ours.map(({ dir }) => linkedWorktree(repo, dir).own);
  const places = [repo, ...worktrees.map(({ dir }) => dir)];
  return removeStale(
    [...refs.map((lock) => join(repo, lock)), ...dirs.flatMap(worktreeLocks)],
    places,
    nowMs,
  );
}

/** Of the branch and of what was last seen of it on each remote. */
function branchLocks(repo: string, branch: string): readonly string[] {
  const remotes = join(repo, "refs", "remotes");
  const names = existsSync(remotes) ? readdirSync(remotes) : [];
  const places = ["refs/heads", ...names.map((name) => `refs/remotes/${name}`)];
  return places.map((place) => `${place}/${parseBranchName(branch)}.lock`);
}

export function worktreeLocks(privateGitDir: string): readonly string[] {
  return ["index.lock", "HEAD.lock"].map((name) => join(privateGitDir, name));
}

/** Removes those of the lock files that are old, held by no process, in a repository where no git runs. */
export function removeStale(
  locks: readonly string[],
  places: readonly string[],
  nowMs: number,
): readonly string[] {
  const old = locks.filter((path) => isOlder(path, nowMs));
  if (old.length === 0 || gitRunsIn(places)) return [];
  const stale = old.filter((path) => !isHeldOpen(path));
  for (const path of stale) rmSync(path, { force: true });
  return stale;
}

function isOlder(path: string, nowMs: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && nowMs - stat.mtimeMs > MIN_AGE_MS;
}
