import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";

/** Head of the branch that work lands on, a remote one fetched; undefined where the repository or the branch is not here, or the remote does not answer. */
export async function targetHead(git: GitPort, repo: Repo): Promise<Sha | undefined> {
  if (repo.commonDir === null) return undefined;
  const branch = repo.defaultBranch ?? (await git.inspect({ path: repo.commonDir })).defaultBranch;
  if (branch === undefined) return undefined;
  const target =
    repo.target === "remote"
      ? ({ kind: "remote", branch, remote: "origin" } as const)
      : ({ kind: "local", branch } as const);
  try {
    return await git.tip({ repo: repo.commonDir, target });
  } catch (error) {
    if (error instanceof SluiceError && (error.code === "not_found" || error.code === "unavailable"))
      return undefined;
    throw error;
  }
}
