import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LandingTarget } from "#operations/ports/git.ts";
import { parseSha, type Sha } from "#domain/git-ref/sha.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { OpenedWork } from "#operations/worker/open-work.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";

/** A repo that an item changes, as it is on this host. */
export interface TargetRepo {
  readonly repo: Repo;
  /** Git's common directory: how the git port names it. */
  readonly commonDir: string;
  /** Short name of the branch that results go to. */
  readonly branch: string;
  readonly target: LandingTarget;
}

/** Where a run works in one repo. */
export interface RunPlace extends TargetRepo {
  readonly dir: string;
  /** The run's own branch. */
  readonly runBranch: string;
  readonly base: Sha;
}

/** The remote that results are pushed to. */
export const REMOTE = "origin";

/** The repos that an item changes. Refuses with `not_found` where this host does not have one of them any more. */
export async function targetRepos(
  deps: WorkerDeps,
  { detail, repos }: Pick<OpenedWork, "detail" | "repos">,
): Promise<readonly TargetRepo[]> {
  const targets = new Set(detail.repos.filter(({ role }) => role === "target").map(({ repoId }) => repoId));
  return Promise.all(repos.filter(({ id }) => targets.has(id)).map((repo) => targetRepo(deps, repo)));
}

async function targetRepo(deps: WorkerDeps, repo: Repo): Promise<TargetRepo> {
  const { path, commonDir, defaultBranch } = repo;
  if (path === null) throw missing(repo, deps.host);
  // As it was registered; git is asked only where that does not say enough.
  if (commonDir !== null && defaultBranch !== null && existsSync(join(commonDir, "objects")))
    return { repo, commonDir, branch: defaultBranch, target: landingTarget(repo, defaultBranch) };
  const facts = await deps.git.inspect({ path }).catch((error: unknown) => {
    throw error instanceof SluiceError && error.code === "unavailable" ? error : missing(repo, deps.host);
  });
  const branch = defaultBranch ?? facts.defaultBranch;
  if (branch === undefined || facts.empty) {
    throw new SluiceError("not_found", `The repo ${repo.alias} has no commit to start from`, {
      hint: `Make a first commit in ${path}`,
    });
  }
  return { repo, commonDir: facts.commonDir, branch, target: landingTarget(repo, branch) };
}

function landingTarget(repo: Repo, branch: string): LandingTarget {
  return repo.target === "remote" ? { kind: "remote", branch, remote: REMOTE } : { kind: "local", branch };
}

function missing(repo: Repo, host: string): SluiceError {
  return new SluiceError("not_found", `The repo ${repo.alias} is not on ${host}`, {
    hint: `Put it back at ${repo.path ?? "its place"}, or register its new place: sluice repo add PATH`,
  });
}

/** Where an earlier moment put this run, from the store's record: what recovery and review start from. */
export async function recordedPlaces(deps: WorkerDeps, work: OpenedWork): Promise<readonly RunPlace[]> {
  const places: RunPlace[] = [];
  for (const target of await targetRepos(deps, work)) {
    const kept = work.run?.repos.find(({ repoId }) => repoId === target.repo.id);
    const { worktree: dir = null, branch: runBranch = null, baseSha = null } = kept ?? {};
    if (dir === null || runBranch === null || baseSha === null) continue;
    places.push({ ...target, dir, runBranch, base: parseSha(baseSha) });
  }
  return places;
}
