import { SluiceError } from "#domain/errors.ts";
import type { GitLanding, LandResult } from "#operations/ports/git.ts";
import { buildMerge } from "./build-merge.ts";
import { land, landedAlready, targetTip } from "./land.ts";
import { push } from "./remote.ts";
import type { WithRepoLock } from "./repo-lock.ts";
import { branchHead } from "./resolve.ts";
import type { GitRunner } from "./run-git.ts";
import { clearStaleLocks } from "./stale-locks.ts";

/**
 * What moves refs waits for its turn per repository: two fetches of one branch at once lock each other out.
 * @param now epoch milliseconds
 */
export function createLanding(git: GitRunner, locked: WithRepoLock, now: () => number): GitLanding {
  const inTurn = <T>(repo: string, work: () => Promise<T>) => locked(`${repo}/refs`, work);
  return {
    tip: ({ repo, target }) => inTurn(repo, () => targetTip(git, repo, target)),
    buildMerge: (p) => buildMerge(git, now(), p),
    land: (p) => inTurn(p.repo, () => land(git, p)),
    landedAlready: (p) => inTurn(p.repo, () => landedAlready(git, p)),
    pushBranch: (p) => inTurn(p.repo, () => pushBranch(git, p)),
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
