import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isSha } from "#domain/git-ref/sha.ts";
import type { Worktree } from "#operations/ports/git.ts";
import { gone } from "./resolve.ts";
import type { GitRunner } from "./run-git.ts";

export async function listWorktrees(git: GitRunner, repo: string): Promise<readonly Worktree[]> {
  const text = await git.text({ cwd: repo, args: ["worktree", "list", "--porcelain", "-z"] });
  return text
    .split("\0\0")
    .filter((block) => block !== "")
    .map(worktreeOf);
}

function worktreeOf(block: string): Worktree {
  const facts = new Map(block.split("\0").map((line) => pair(line)));
  const dir = facts.get("worktree") ?? "";
  const head = facts.get("HEAD") ?? "";
  const branch = facts.get("branch")?.replace(/^refs\/heads\//, "");
  const unborn = /^0+$/.test(head);
  return {
    dir,
    bare: facts.has("bare"),
    locked: facts.has("locked"),
    missing: !existsSync(dir),
    ...(isSha(head) && !unborn ? { head } : {}),
    ...(branch === undefined ? {} : { branch }),
  };
}

function pair(line: string): readonly [string, string] {
  const at = line.indexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/** Symlinks resolved as far as the path exists: git records resolved ones. */
export function realPath(path: string): string {
  if (existsSync(path) || dirname(path) === path) return realpathSync(path);
  return join(realPath(dirname(path)), basename(path));
}

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
function ownDirs(repo: string): readonly { readonly top: string; readonly own: string }[] {
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
