import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ownDirs } from "./linked-worktree.ts";
import { listWorktrees } from "./list-worktrees.ts";
import { realPath } from "./real-path.ts";
import type { GitRunner } from "./run-git.ts";

export interface Standing {
  readonly worktree: string;
  /** The directory that git keeps for the worktree. */
  readonly own: string;
  /** The worktree's HEAD is detached while it rebases the branch. */
  readonly rebasing: boolean;
}

/** The worktree where a branch is checked out or being rebased; one whose directory is gone counts only while it is locked. */
export async function standingOn(
  git: GitRunner,
  repo: string,
  branch: string,
): Promise<Standing | undefined> {
  const linked = new Map(ownDirs(repo).map(({ top, own }) => [top, own]));
  for (const { dir, bare, missing, locked, branch: current } of await listWorktrees(git, repo)) {
    if (bare || (missing && !locked)) continue;
    const own = linked.get(realPath(dir)) ?? repo;
    if (current === branch) return { worktree: dir, own, rebasing: false };
    if (rebasedBranch(own) === branch) return { worktree: dir, own, rebasing: true };
  }
  return undefined;
}

function rebasedBranch(own: string): string | undefined {
  const names = ["rebase-merge", "rebase-apply"].map((part) => join(own, part, "head-name"));
  const name = names.find((path) => existsSync(path));
  return name === undefined
    ? undefined
    : readFileSync(name, "utf8")
        .trim()
        .replace(/^refs\/heads\//, "");
}
