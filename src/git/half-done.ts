import { existsSync } from "node:fs";
import { join } from "node:path";

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

/**
 * Absolute paths of the marks of an unfinished operation; empty when none is under way.
 * @param own the directory that git keeps for the worktree; for the main one the common directory
 */
export function halfDone(own: string): readonly string[] {
  const there = MARKS.filter((name) => existsSync(join(own, name)));
  return there.every((name) => HARMLESS.has(name)) ? [] : there.map((name) => join(own, name));
}
