import type { GitPort } from "#operations/ports/git.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";

/** Full name of the branch that work lands on, as this host sees it; undefined where the repository is not here. */
export async function targetHead(git: GitPort, repo: Repo): Promise<string | undefined> {
  if (repo.commonDir === null) return undefined;
  const branch = repo.defaultBranch ?? (await git.inspect({ path: repo.commonDir })).defaultBranch;
  if (branch === undefined) return undefined;
  return repo.target === "remote" ? `refs/remotes/origin/${branch}` : `refs/heads/${branch}`;
}
