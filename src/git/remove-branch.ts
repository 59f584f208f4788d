import { SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { GitRuns } from "#operations/ports/git.ts";
import { mergeTree } from "./build-merge.ts";
import { lookAtBranch } from "./list-worktrees.ts";
import { clash, contains, treeOf } from "./resolve.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";

type Deletion = Parameters<GitRuns["deleteBranch"]>[0];

export async function deleteBranch(git: GitRunner, { repo, branch, landed, from }: Deletion): Promise<void> {
  const ref = `refs/heads/${parseBranchName(branch)}`;
  if (!branch.startsWith("sluice/"))
    throw new SluiceError("denied", `The branch ${branch} is not one of Sluice's own, it is left alone`);
  const found = await lookAtBranch(git, repo, branch);
  if (found === undefined) return;
  const { tip: head, standing } = found;
  if (standing !== undefined)
    throw clash(
      `The branch ${branch} is checked out at ${standing.worktree}`,
      "Remove that worktree, then delete the branch.",
    );
  if (head !== from && !(await addsNothing(git, repo, landed, head)))
    throw clash(`The branch ${branch} holds work that ${landed} does not`, "Land it or keep the branch.");
  const result = await git.run({ cwd: repo, args: ["update-ref", "-d", ref, head] });
  if (result.exit !== 0) throw gitFailed(["update-ref"], decode(result.stdout) + result.stderr);
}

/** Landed as it is, or as a squash: merging it once more gives the same tree. */
async function addsNothing(
  git: GitRunner,
  repo: string,
  landed: Deletion["landed"],
  head: Sha,
): Promise<boolean> {
  if (await contains(git, repo, landed, head)) return true;
  const merged = await mergeTree(git, repo, landed, head);
  return merged.kind === "clean" && merged.tree === (await treeOf(git, repo, landed));
}
