import type { Sha } from "#domain/git-ref/sha.ts";
import type { ItemState } from "#domain/item/lifecycle.ts";
import type { Premise } from "#domain/ground/premise.ts";
import { SluiceError } from "#domain/errors.ts";
import type { GitPort } from "#operations/ports/git.ts";

interface Ground {
  readonly git: GitPort;
  /** Of an item, by its ref. */
  readonly stateOf: (ref: string) => Promise<ItemState>;
}

/** A repository at the commit that work would start from. */
interface GroundRepo {
  readonly commonDir: string;
  readonly base: Sha;
}

/**
 * What was found instead of what a premise expects; undefined when it holds, and for commands, which only a run tries. With several
 * repositories a fact about files holds when it holds in one of them.
 */
export async function lookAtPremise(
  ground: Ground,
  repos: readonly GroundRepo[],
  premise: Premise,
): Promise<string | undefined> {
  switch (premise.kind) {
    case "file": {
      const there = await any(repos, (repo) => pathExists(ground, repo, premise.path));
      return there === premise.exists ? undefined : `${premise.path} ${there ? "exists" : "does not exist"}`;
    }
    case "match": {
      const count = await countMatches(ground, repos, premise.pattern, "fixed", premise.paths);
      const { min = 1, max = Number.POSITIVE_INFINITY } = premise.count;
      return count >= min && count <= max ? undefined : `it is found ${count}×`;
    }
    case "symbol": {
      const count = await countMatches(ground, repos, premise.name, "word", premise.paths);
      return count > 0 ? undefined : "it is not found";
    }
    case "item": {
      const state = await ground.stateOf(premise.ref);
      return state === premise.state ? undefined : `${premise.ref} is ${state}`;
    }
    case "commit":
      return (await any(repos, (repo) => holdsCommit(ground, repo, premise))) ? undefined : "it is not there";
    case "command":
      return undefined;
  }
}

async function any(
  repos: readonly GroundRepo[],
  test: (repo: GroundRepo) => Promise<boolean>,
): Promise<boolean> {
  const answers = await Promise.all(repos.map((repo) => test(repo)));
  return answers.includes(true);
}

function pathExists(ground: Ground, repo: GroundRepo, path: string): Promise<boolean> {
  return ground.git.pathExists({ repo: repo.commonDir, commit: repo.base, path });
}

async function countMatches(
  ground: Ground,
  repos: readonly GroundRepo[],
  pattern: string,
  syntax: "fixed" | "word",
  paths: readonly string[],
): Promise<number> {
  const found = await Promise.all(
    repos.map(({ commonDir: repo, base: commit }) =>
      ground.git.grep({
        repo,
        commit,
        pattern,
        syntax,
        ...(paths.length === 0 ? {} : { paths: [...paths] }),
      }),
    ),
  );
  return found.reduce((sum, { count }) => sum + count, 0);
}

async function holdsCommit(
  ground: Ground,
  repo: GroundRepo,
  premise: { readonly sha: string; readonly branch?: string | undefined },
): Promise<boolean> {
  const { git } = ground;
  try {
    const sha = await git.resolve({ repo: repo.commonDir, name: premise.sha });
    const from = premise.branch === undefined ? repo.base : `refs/heads/${premise.branch}`;
    return await git.reachable({ repo: repo.commonDir, sha, from });
  } catch (error) {
    if (error instanceof SluiceError && error.code === "not_found") return false;
    throw error;
  }
}
