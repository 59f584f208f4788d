import { chmodSync, lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { ChangedPath, GitPort } from "#operations/ports/git.ts";

export interface BaseTree {
  readonly git: GitPort;
  readonly repo: string;
  readonly base: Sha;
  /** Worktree to write into. */
  readonly dir: string;
}

/** Largest file that is restored. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Puts the base's versions of the given files into a worktree, and takes away those that it does not have. */
export async function restoreBase(tree: BaseTree, changes: readonly ChangedPath[]): Promise<void> {
  for (const { change, path } of changes)
    if (change === "added") rmSync(join(tree.dir, path), { force: true });
  for (const { change, path } of changes) if (change !== "added") await restore(tree, path);
}

async function restore({ git, repo, base, dir }: BaseTree, path: string): Promise<void> {
  const file = await git.showFile({ repo, commit: base, path, maxBytes: MAX_BYTES });
  if (file === undefined) return;
  const target = join(dir, path);
  clearWay(dir, path);
  const before = lstatSync(target, { throwIfNoEntry: false });
  const mode = before?.isFile() === true ? before.mode : undefined;
  // A link that the change put there must not lead the writing out of the worktree.
  rmSync(target, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, file.bytes);
  if (mode !== undefined) chmodSync(target, mode);
}

/** Removes whatever stands where a folder on the way must be: links included. */
function clearWay(dir: string, path: string): void {
  const parts = path.split("/").slice(0, -1);
  for (const [at] of parts.entries()) {
    const parent = join(dir, ...parts.slice(0, at + 1));
    const found = lstatSync(parent, { throwIfNoEntry: false });
    if (found !== undefined && !found.isDirectory()) rmSync(parent, { force: true });
  }
}
