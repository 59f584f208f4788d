import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { gone } from "./refuse.ts";
import { realPath } from "./real-path.ts";

export interface LinkedWorktree {
  /** The directory where git keeps what belongs to this worktree alone: its index, HEAD and unfinished operations. */
  readonly own: string;
  /** Makes git work there whatever the worktree's own `.git` says: a run may have removed it or pointed it elsewhere. */
  readonly env: Readonly<Record<string, string>>;
}

/** Finds a linked worktree from the repository's side. Refuses with `not_found` when none is recorded for `dir`. */
export function linkedWorktree(repo: string, dir: string): LinkedWorktree {
  const own = ownDirs(repo).find(({ top }) => top === realPath(dir))?.own;
  if (own === undefined) throw gone("worktree", dir);
  return { own, env: { GIT_DIR: own, GIT_WORK_TREE: dir } };
}

/** Every linked worktree's directory, resolved, with the one that git keeps for it. */
export function ownDirs(repo: string): readonly { readonly top: string; readonly own: string }[] {
  return recorded(repo).flatMap((name) => {
    const own = join(repo, "worktrees", name);
    const link = textOf(join(own, "gitdir"));
    return link === undefined ? [] : [{ own, top: realPath(dirname(resolve(own, link))) }];
  });
}

/** Puts the file `.git` right where it is missing or wrong. Answers false where a directory stands in its place. */
export function relink(dir: string, { own }: LinkedWorktree): boolean {
  const path = join(dir, ".git");
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return false;
  if (textOf(path) !== `gitdir: ${own}`) writeFileSync(path, `gitdir: ${own}\n`);
  return true;
}

function recorded(repo: string): readonly string[] {
  try {
    return readdirSync(join(repo, "worktrees"));
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined;
  }
}
