import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { GitRunner } from "./run-git.ts";

interface Worktree {
  readonly dir: string;
  /** Absent in a bare main worktree and before the first commit. */
  readonly head?: Sha;
  readonly branch?: string;
  /** The entry of a bare repository itself. */
  readonly bare: boolean;
  readonly locked: boolean;
  /** Its directory is gone. */
  readonly missing: boolean;
}

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
function realPath(path: string): string {
  if (existsSync(path) || dirname(path) === path) return realpathSync(path);
  return join(realPath(dirname(path)), basename(path));
}

/** Every linked worktree's directory, resolved, with the one that git keeps for it: its index, HEAD and unfinished operations. */
function ownDirs(repo: string): readonly { readonly top: string; readonly own: string }[] {
  return recorded(repo).flatMap((name) => {
    const own = join(repo, "worktrees", name);
    const link = textOf(join(own, "gitdir"));
    return link === undefined ? [] : [{ own, top: realPath(dirname(resolve(own, link))) }];
  });
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
  /** Another one stands there too, which git allows when forced. */
  readonly several: boolean;
}

/**
 * Where a branch stands, and who stands on it, in one question. Undefined where there is no such branch.
 * @param within answers only a branch that this commit contains
 */
export async function lookAtBranch(
  git: GitRunner,
  repo: string,
  branch: string,
  within?: Sha,
): Promise<{ readonly tip: Sha; readonly standing: Standing | undefined } | undefined> {
  const ref = `refs/heads/${branch}`;
  const only = within === undefined ? [] : [`--merged=${within}`];
  const args = ["for-each-ref", "--format=%(refname)%00%(objectname)%00%(worktreepath)", ...only, ref];
  const rows = (await git.text({ cwd: repo, args })).split("\n").map((row) => row.split("\0"));
  const [, tip = "", worktree = ""] = rows.find(([name]) => name === ref) ?? [];
  if (!isSha(tip)) return undefined;
  const owns = [repo, ...ownDirs(repo).map(({ own }) => own)];
  const isStoodOn = worktree !== "" || owns.some((own) => rebasedBranch(own) === branch);
  return { tip, standing: isStoodOn ? await standingOn(git, repo, branch) : undefined };
}

/** The worktree where a branch is checked out or being rebased; one whose directory is gone counts only while it is locked. */
async function standingOn(git: GitRunner, repo: string, branch: string): Promise<Standing | undefined> {
  const linked = new Map(ownDirs(repo).map(({ top, own }) => [top, own]));
  const found: Omit<Standing, "several">[] = [];
  for (const { dir, bare, missing, locked, branch: current } of await listWorktrees(git, repo)) {
    if (bare || (missing && !locked)) continue;
    const own = linked.get(realPath(dir)) ?? repo;
    const rebasing = rebasedBranch(own) === branch;
    if (current === branch || rebasing) found.push({ worktree: dir, own, rebasing });
  }
  const [first] = found;
  return first && { ...first, several: found.length > 1 };
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
