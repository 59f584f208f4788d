import type { GitWorktrees } from "#operations/ports/git.ts";
import { addCheckout, addWorktree } from "./add-worktree.ts";
import { guard } from "./guard.ts";
import { hooksDir } from "./hooks-dir.ts";
import { listWorktrees } from "./list-worktrees.ts";
import { deleteBranch, removeWorktree } from "./remove-worktree.ts";
import type { WithRepoLock } from "./repo-lock.ts";
import { rewriteMessages } from "./rewrite-messages.ts";
import type { GitRunner } from "./run-git.ts";
import { salvage } from "./salvage.ts";

/** @param now epoch milliseconds */
export function createWorktrees(git: GitRunner, locked: WithRepoLock, now: () => number): GitWorktrees {
  return {
    addWorktree: (p) => locked(p.repo, () => addWorktree(git, p)),
    addCheckout: (p) => locked(p.repo, () => addCheckout(git, p)),
    removeWorktree: (p) => locked(p.repo, () => removeWorktree(git, p)),
    listWorktrees: ({ repo }) => listWorktrees(git, repo),
    deleteBranch: (p) => locked(p.repo, () => deleteBranch(git, p)),
    salvage: (p) => locked(p.repo, () => salvage(git, now(), p)),
    guard: ({ repo }) => guard(git, repo),
    hooksDir: ({ repo, dir }) => hooksDir(git, repo, dir),
    rewriteMessages: (p) => rewriteMessages(git, p),
  };
}
