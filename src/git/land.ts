import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { parseSha, type Sha } from "#domain/git-ref/sha.ts";
import { shellQuote } from "#domain/text/shell-quote.ts";
import type { GitLanding, LandingTarget, LandResult } from "#operations/ports/git.ts";
import { filtersOf, LIST_SETTINGS, settingsOfRepository, splitNul } from "./git-environment.ts";
import { halfDone, lookAtBranch, type Standing } from "./list-worktrees.ts";
import { fetchTip, push } from "./remote.ts";
import { branchHead, contains } from "./resolve.ts";
import { gitFailed, type GitRunner } from "./run-git.ts";

type Landing = Parameters<GitLanding["land"]>[0];

export async function land(git: GitRunner, landing: Landing): Promise<LandResult> {
  const { repo, target } = landing;
  const [from, to] = [parseSha(landing.from), parseSha(landing.to)];
  if (target.kind === "remote") {
    if (!(await contains(git, repo, to, from))) throw movesBack(from, to);
    return push(git, { repo, remote: target.remote, branch: target.branch, from, to });
  }
  const branch = parseBranchName(target.branch);
  const within = await lookAtBranch(git, repo, branch, to);
  const tip = within?.tip ?? (await branchHead(git, repo, branch));
  if (tip === to) return { kind: "landed" };
  if (tip !== from) return { kind: "moved", tip };
  if (within === undefined) throw movesBack(from, to);
  const { standing } = within;
  if (standing !== undefined) return landInCheckout(git, { ...landing, ...standing, branch, from, to });
  return moveBranch(git, { repo, branch, from, to });
}

const movesBack = (from: Sha, to: Sha): SluiceError =>
  new SluiceError("invalid", `The commit ${to} does not contain ${from}, the target is never moved back`);

async function moveBranch(
  git: GitRunner,
  { repo, branch, from, to }: { repo: string; branch: string; from: Sha; to: Sha },
): Promise<LandResult> {
  const args = ["update-ref", "-m", "sluice: land", `refs/heads/${branch}`, to, from];
  const result = await git.run({ cwd: repo, args });
  if (result.exit === 0) return { kind: "landed" };
  const tip = await branchHead(git, repo, branch);
  if (tip === to) return { kind: "landed" };
  if (tip !== from) return { kind: "moved", tip };
  throw gitFailed(args, result.stderr);
}

export async function targetTip(git: GitRunner, repo: string, target: LandingTarget): Promise<Sha> {
  return target.kind === "remote" ? fetchTip(git, repo, target) : branchHead(git, repo, target.branch);
}

export async function landedAlready(
  git: GitRunner,
  { repo, target, commit }: Parameters<GitLanding["landedAlready"]>[0],
): Promise<boolean> {
  return contains(git, repo, await targetTip(git, repo, target), parseSha(commit));
}

interface CheckoutLanding extends Standing {
  readonly repo: string;
  readonly branch: string;
  readonly from: Sha;
  readonly to: Sha;
  readonly fastForwardCheckout: boolean;
}

/** Moves a clean checkout along with its branch where that is allowed; else says what its owner has to run. */
async function landInCheckout(git: GitRunner, landing: CheckoutLanding): Promise<LandResult> {
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

/** Every call has its smudging off, so that nothing is fetched: files would become pointers, whoever configured it. */
const POINTERS = "lfs";

/**
 * Whether a checkout that goes from one commit to another would write files which a content filter that does not run here has
 * to make: one of the repository's own configuration, or git-lfs. By the attributes of the commit it goes to.
 */
async function meetsFilter(
  git: GitRunner,
  { worktree, from, to }: { readonly worktree: string; readonly from: Sha; readonly to: Sha },
): Promise<boolean> {
  const settings = settingsOfRepository(await git.text({ cwd: worktree, args: LIST_SETTINGS }));
  const skipped = new Set([POINTERS, ...filtersOf(settings)]);
  const range = ["-r", "-z", "--name-only", "--no-renames", "--diff-filter=d", from, to];
  const written = await git.text({ cwd: worktree, args: ["diff-tree", ...range] });
  const scratch = mkdtempSync(join(tmpdir(), "sluice-index-"));
  try {
    const at = { cwd: worktree, env: { GIT_INDEX_FILE: join(scratch, "index") } };
    await git.text({ ...at, args: ["read-tree", to] });
    const args = ["check-attr", "--cached", "-z", "--stdin", "filter"];
    const fields = splitNul(await git.text({ ...at, args, stdin: written }));
    return fields.some((value, n) => n % 3 === 2 && skipped.has(value));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
