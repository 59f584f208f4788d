import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { invalidField } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { GitWorktrees } from "#operations/ports/git.ts";
import { splitNul } from "./git-environment.ts";
import { guard } from "./guard.ts";
import { listWorktrees } from "./list-worktrees.ts";
import { deleteBranch, removeWorktree } from "./remove-worktree.ts";
import type { WithRepoLock } from "./repo-lock.ts";
import { clash, commitAt, gone } from "./resolve.ts";
import { rewriteMessages } from "./rewrite-messages.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";
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

/** Where git looks for the hooks of a worktree; what the command line sets does not count, since ours turns them off. */
async function hooksDir(git: GitRunner, repo: string, dir: string): Promise<string> {
  const args = ["config", "-z", "--show-scope", "--type=path", "--get-all", "core.hooksPath"];
  const { exit, stdout } = await git.run({ cwd: dir, args });
  const fields = exit === 0 ? splitNul(decode(stdout)) : [];
  const values = fields.filter((_, at) => at % 2 === 1 && fields[at - 1] !== "command");
  return values.at(-1) ?? join(repo, "hooks");
}

/** Checking out a large repository, or cloning its submodules, takes longer than any other call. */
const CHECKOUT_TIMEOUT_MS = 10 * 60_000;

type NewWorktree = Parameters<GitWorktrees["addWorktree"]>[0];

/** The caller holds the repository's lock. */
async function addWorktree(git: GitRunner, p: NewWorktree): Promise<void> {
  const branch = parseBranchName(p.branch);
  const base = await checkPlace(git, p.repo, p.dir, p.base);
  if ((await commitAt(git, p.repo, `refs/heads/${branch}`)) !== undefined)
    throw clash(`There is a branch ${branch} already`, "Give the run's worktree a branch of its own.");
  try {
    await checkOut(git, p, ["--no-track", "-b", branch, "--", p.dir, base]);
    if (p.submodules === true) await fetchSubmodules(git, p.dir);
  } catch (error) {
    await undo(git, p);
    await git.run({ cwd: p.repo, args: ["update-ref", "-d", `refs/heads/${branch}`, base] });
    throw error;
  }
}

/** The caller holds the repository's lock. */
async function addCheckout(git: GitRunner, p: Parameters<GitWorktrees["addCheckout"]>[0]): Promise<void> {
  const commit = await checkPlace(git, p.repo, p.dir, p.commit);
  try {
    await checkOut(git, p, ["--detach", "--", p.dir, commit]);
  } catch (error) {
    await undo(git, p);
    throw error;
  }
}

async function checkPlace(git: GitRunner, repo: string, dir: string, commit: Sha): Promise<Sha> {
  if (!isAbsolute(dir)) throw invalidField("dir", dir, "an absolute path");
  if (existsSync(dir))
    throw clash(`There is something at ${dir} already`, "Give a directory that does not exist yet.");
  const found = await commitAt(git, repo, parseSha(commit));
  if (found === undefined) throw gone("commit", commit);
  mkdirSync(dirname(dir), { recursive: true });
  return found;
}

async function checkOut(
  git: GitRunner,
  { repo, filters }: { repo: string; filters?: boolean | undefined },
  words: readonly string[],
): Promise<void> {
  await git.text({
    cwd: repo,
    args: ["worktree", "add", "--quiet", ...words],
    repositoryFilters: filters === true,
    timeoutMs: CHECKOUT_TIMEOUT_MS,
  });
}

/** Without `submodule init`, which would write into the configuration that all worktrees share. */
async function fetchSubmodules(git: GitRunner, dir: string): Promise<void> {
  const args = ["-c", "submodule.active=.", "submodule", "--quiet", "update", "--recursive", "--checkout"];
  const result = await git.run({ cwd: dir, args, timeoutMs: CHECKOUT_TIMEOUT_MS });
  if (result.exit !== 0) throw gitFailed(["submodule", "update"], result.stderr);
}

async function undo(git: GitRunner, { repo, dir }: { repo: string; dir: string }): Promise<void> {
  await git.run({ cwd: repo, args: ["worktree", "remove", "--force", "--force", dir] });
  rmSync(dir, { recursive: true, force: true });
}
