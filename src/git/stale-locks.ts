import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import type { GitLanding } from "#operations/ports/git.ts";
import { listWorktrees, lookAtBranch } from "./list-worktrees.ts";
import type { GitRunner } from "./run-git.ts";

/** A living git writes its small files and renames them within milliseconds. */
const MIN_AGE_MS = 2_000;

type Cleaning = Parameters<GitLanding["clearStaleLocks"]>[0];

/** Removes those that are old, held by no process, while no git runs in the repository or a worktree of it. */
export async function clearStaleLocks(
  git: GitRunner,
  nowMs: number,
  { repo, branches }: Cleaning,
): Promise<readonly string[]> {
  const locks = ["packed-refs.lock", ...branches.flatMap((branch) => branchLocks(repo, branch))];
  const checkouts = await Promise.all(branches.map((branch) => lookAtBranch(git, repo, branch)));
  const indexes = checkouts.flatMap((at) => (at?.standing ? [join(at.standing.own, "index.lock")] : []));
  const old = [...locks.map((lock) => join(repo, lock)), ...indexes].filter((path) => isOlder(path, nowMs));
  if (old.length === 0) return [];
  const worktrees = await listWorktrees(git, repo);
  if (gitRunsIn([repo, ...worktrees.map(({ dir }) => dir)])) return [];
  const stale = old.filter((path) => !isHeldOpen(path));
  for (const path of stale) rmSync(path, { force: true });
  return stale;
}

/** Of the branch and of what was last seen of it on each remote. */
function branchLocks(repo: string, branch: string): readonly string[] {
  const remotes = join(repo, "refs", "remotes");
  const names = existsSync(remotes) ? readdirSync(remotes) : [];
  const places = ["refs/heads", ...names.map((name) => `refs/remotes/${name}`)];
  return places.map((place) => `${place}/${parseBranchName(branch)}.lock`);
}

function isOlder(path: string, nowMs: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && nowMs - stat.mtimeMs > MIN_AGE_MS;
}

const PROC = "/proc";

/**
 * Whether a git process works in one of the directories: by its current directory, or by a word of its command line that names
 * one. A git process of another user, whose directory cannot be read, counts. Without /proc the answer is always yes.
 */
function gitRunsIn(places: readonly string[]): boolean {
  if (!existsSync(join(PROC, "self"))) return true;
  const roots = places.map(real);
  return processes().some((pid) => isGit(pid) && worksIn(pid, roots));
}

/** Whether any process has the file open. Without /proc the answer is always yes. */
function isHeldOpen(path: string): boolean {
  if (!existsSync(join(PROC, "self"))) return true;
  const target = real(path);
  return processes().some((pid) => openFiles(pid).includes(target));
}

function processes(): readonly string[] {
  return readdirSync(PROC).filter((name) => /^\d+$/.test(name));
}

function isGit(pid: string): boolean {
  const state = quietly(() => readFileSync(join(PROC, pid, "stat"), "utf8"));
  const [, name = "", status = ""] = /^\d+ \((.*)\) (\S)/s.exec(state ?? "") ?? [];
  return name.startsWith("git") && status !== "Z";
}

function worksIn(pid: string, roots: readonly string[]): boolean {
  const cwd = quietly(() => readlinkSync(join(PROC, pid, "cwd")));
  if (cwd === undefined) return existsSync(join(PROC, pid));
  const words = (quietly(() => readFileSync(join(PROC, pid, "cmdline"), "utf8")) ?? "").split("\0");
  return roots.some((root) => within(cwd, root) || words.some((word) => word.includes(root)));
}

function within(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function openFiles(pid: string): readonly string[] {
  const dir = join(PROC, pid, "fd");
  const names = quietly(() => readdirSync(dir)) ?? [];
  return names.flatMap((name) => quietly(() => readlinkSync(join(dir, name))) ?? []);
}

/** Undefined where the process ended or belongs to another user. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function real(path: string): string {
  return quietly(() => realpathSync(path)) ?? path;
}
