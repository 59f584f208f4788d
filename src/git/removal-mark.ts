import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LinkedWorktree } from "./linked-worktree.ts";

/** In the directory that git keeps for the worktree, and gone with it. */
const MARK = "sluice-removing";

/** Says, before the first file goes, that all the worktree held is safe: what is missing later was never anybody's deletion. */
export function markRemoval({ own }: LinkedWorktree): void {
  writeFileSync(join(own, MARK), "");
}

/** Whether a removal was begun and cut short. */
export function isBeingRemoved({ own }: LinkedWorktree): boolean {
  return existsSync(join(own, MARK));
}
