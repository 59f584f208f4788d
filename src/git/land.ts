import { SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { GitLanding, LandingTarget, LandResult } from "#operations/ports/git.ts";
import { lookAtBranch } from "./list-worktrees.ts";
import { landInCheckout } from "./move-checkout.ts";
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
