import { existsSync } from "node:fs";
import { join } from "node:path";
import type { GitRunner } from "./run-git.ts";

/** What git leaves in a worktree's own directory while a rebase, merge, pick, revert or bisect is not finished. */
const MARKS = [
  "rebase-merge",
  "rebase-apply",
  "sequencer",
  "MERGE_HEAD",
  "MERGE_MODE",
  "MERGE_MSG",
  "MERGE_AUTOSTASH",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "AUTO_MERGE",
  "BISECT_START",
  "BISECT_LOG",
] as const;
/** A message alone (of a merge that was a fast-forward, of a squash) is no operation. */
const HARMLESS = new Set<string>(["MERGE_MSG", "MERGE_MODE", "AUTO_MERGE"]);

/** Absolute paths of the marks of an unfinished operation; empty when none is under way. */
export async function halfDone(git: GitRunner, worktree: string): Promise<readonly string[]> {
  const dir = await privateDir(git, worktree);
  const there = MARKS.filter((name) => existsSync(join(dir, name)));
  return there.every((name) => HARMLESS.has(name)) ? [] : there.map((name) => join(dir, name));
}

/** The directory where git keeps what belongs to this worktree alone: its index, HEAD and unfinished operations. */
export async function privateDir(git: GitRunner, worktree: string): Promise<string> {
  return (await git.text({ cwd: worktree, args: ["rev-parse", "--absolute-git-dir"] })).replace(/\n$/, "");
}
