import { SluiceError } from "#domain/errors.ts";
import type { GitLanding, LandResult } from "#operations/ports/git.ts";
import { buildMerge } from "./build-merge.ts";
import { land, landedAlready, targetTip } from "./land.ts";
import { push } from "./remote.ts";
import { branchHead } from "./resolve.ts";
import type { GitRunner } from "./run-git.ts";
import { clearStaleLocks } from "./stale-locks.ts";

/** @param now epoch milliseconds */
export function createLanding(git: GitRunner, now: () => number): GitLanding {
  return {
    tip: ({ repo, target }) => targetTip(git, repo, target),
    buildMerge: (p) => buildMerge(git, now(), p),
    land: (p) => land(git, p),
    landedAlready: (p) => landedAlready(git, p),
    pushBranch: (p) => pushBranch(git, p),
    clearStaleLocks: (p) => clearStaleLocks(git, now(), p),
  };
}

async function pushBranch(
  git: GitRunner,
  { repo, branch, remote }: Parameters<GitLanding["pushBranch"]>[0],
): Promise<LandResult> {
  if (!branch.startsWith("sluice/"))
    throw new SluiceError("denied", `The branch ${branch} is not one of Sluice's own, it is not pushed`);
  return push(git, { repo, branch, remote, from: undefined, to: await branchHead(git, repo, branch) });
}
