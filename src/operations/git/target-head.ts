import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";

/** Head of the branch that work lands on, as this host last saw it; undefined where the repository or the branch is not here. */
export async function targetHead(git: GitPort, repo: Repo): Promise<Sha | undefined> {
  if (repo.commonDir === null) return undefined;
  const branch = repo.defaultBranch ?? (await git.inspect({ path: repo.commonDir })).defaultBranch;
  if (branch === undefined) return undefined;
  const name = repo.target === "remote" ? `refs/remotes/origin/${branch}` : `refs/heads/${branch}`;
  try {
    return await git.resolve({ repo: repo.commonDir, name });
  } catch (error) {
    if (error instanceof SluiceError && error.code === "not_found") return undefined;
    throw error;
  }
}
