import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { privateDir } from "./half-done.ts";
import { listWorktrees } from "./list-worktrees.ts";
import type { GitRunner } from "./run-git.ts";

export interface Standing {
  readonly worktree: string;
  /** The worktree's HEAD is detached while it rebases the branch. */
  readonly rebasing: boolean;
}

/** The worktree where a branch is checked out or being rebased; one whose directory is gone counts only while it is locked. */
export async function standingOn(
  git: GitRunner,
  repo: string,
  branch: string,
): Promise<Standing | undefined> {
  for (const worktree of await listWorktrees(git, repo)) {
    if (worktree.bare || (worktree.missing && !worktree.locked)) continue;
    if (worktree.branch === branch) return { worktree: worktree.dir, rebasing: false };
    if (worktree.missing) continue;
    if ((await rebasedBranch(git, worktree.dir)) === branch)
      return { worktree: worktree.dir, rebasing: true };
  }
  return undefined;
}

async function rebasedBranch(git: GitRunner, worktree: string): Promise<string | undefined> {
  const dir = await privateDir(git, worktree);
  const names = ["rebase-merge", "rebase-apply"].map((part) => join(dir, part, "head-name"));
  const name = names.find((path) => existsSync(path));
  return name === undefined
    ? undefined
    : readFileSync(name, "utf8")
        .trim()
        .replace(/^refs\/heads\//, "");
}
