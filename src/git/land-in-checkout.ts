import { existsSync } from "node:fs";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { LandResult } from "#operations/ports/git.ts";
import { halfDone } from "./half-done.ts";
import { meetsFilter } from "./meets-filter.ts";
import { branchHead } from "./resolve.ts";
import type { GitRunner } from "./run-git.ts";
import { shellQuote } from "#domain/text/shell-quote.ts";
import type { Standing } from "./standing-on.ts";

interface CheckoutLanding extends Standing {
  readonly repo: string;
  readonly branch: string;
  readonly from: Sha;
  readonly to: Sha;
  readonly fastForwardCheckout: boolean;
}

/** Moves a clean checkout along with its branch where that is allowed; else says what its owner has to run. */
export async function landInCheckout(git: GitRunner, landing: CheckoutLanding): Promise<LandResult> {
  const { repo, branch, worktree, own, from, to } = landing;
  const dirty = landing.rebasing || (await isDirty(git, worktree, own));
  const command = `git -C ${shellQuote(worktree)} merge --ff-only ${to}`;
  const waits = { kind: "checked_out", worktree, state: dirty ? "dirty" : "clean", command } as const;
  if (dirty || !landing.fastForwardCheckout) return waits;
  if (await meetsFilter(git, landing)) return { ...waits, state: "filtered" };
  const words = ["--ff-only", "--quiet", "--no-stat", "--no-autostash", "--no-verify-signatures"];
  await git.run({ cwd: worktree, args: ["merge", ...words, to] });
  const tip = await branchHead(git, repo, branch);
  if (tip === to) return { kind: "landed" };
  // Still there: an untracked file of the person's is in the way, and git left everything as it was.
  return tip === from ? { ...waits, state: "dirty" } : { kind: "moved", tip };
}

/**
 * Tracked changes or an unfinished operation. Untracked files do not count: a fast-forward refuses to overwrite them. Nor do files
 * inside a submodule, which it leaves alone: to look at them git would run what that submodule's configuration names.
 */
async function isDirty(git: GitRunner, worktree: string, own: string): Promise<boolean> {
  if (!existsSync(worktree)) return true;
  const args = ["status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=dirty"];
  return (await git.text({ cwd: worktree, args })) !== "" || halfDone(own).length > 0;
}
