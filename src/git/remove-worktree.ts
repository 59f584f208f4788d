import { existsSync, lstatSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import type { GitWorktrees } from "#operations/ports/git.ts";
import { mergeTree } from "./build-merge.ts";
import { splitNul } from "./git-environment.ts";
import {
  isBeingRemoved,
  markRemoval,
  type LinkedWorktree,
  linkedWorktree,
  listWorktrees,
  realPath,
  relink,
  standingOn,
} from "./list-worktrees.ts";
import { clash, commitAt, contains, gone, treeOf } from "./resolve.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";
import { GITLINK_MODE, halfDone } from "./salvage.ts";

type Removal = Parameters<GitWorktrees["removeWorktree"]>[0];

/** The caller holds the repository's lock. */
export async function removeWorktree(git: GitRunner, { repo, dir, discard }: Removal): Promise<void> {
  const all = await listWorktrees(git, repo);
  const asked = realPath(dir);
  const at = all.findIndex((worktree) => worktree.dir === dir || realPath(worktree.dir) === asked);
  if (at < 0) throw gone("worktree", dir);
  if (at === 0) throw clash("The main worktree is the person's own", "Name a worktree that Sluice made.");
  const linked = linkedWorktree(repo, dir);
  if (existsSync(dir)) {
    if (discard !== true && !isBeingRemoved(linked)) await refuseUnsaved(git, dir, linked);
    if (!relink(dir, linked)) clearForRemoval(dir, discard);
  }
  markRemoval(linked);
  const result = await git.run({ cwd: repo, args: ["worktree", "remove", "--force", "--force", "--", dir] });
  if (result.exit !== 0) throw gitFailed(["worktree", "remove"], result.stderr);
}

/** The run made a repository of its own of the whole worktree. */
function clearForRemoval(dir: string, discard: boolean | undefined): void {
  if (discard !== true) throw ownRepository(dir);
  rmSync(dir, { recursive: true, force: true });
}

function ownRepository(dir: string): SluiceError {
  return clash(
    `The worktree ${dir} holds a repository of its own`,
    "Move it elsewhere, then remove the worktree.",
  );
}

async function refuseUnsaved(git: GitRunner, dir: string, linked: LinkedWorktree): Promise<void> {
  const { env } = linked;
  const status = await git.text({
    cwd: dir,
    args: ["status", "--porcelain", "-z", "--untracked-files=normal"],
    env,
  });
  const unsaved = status !== "" || halfDone(linked.own).length > 0;
  if (unsaved)
    throw clash(`The worktree ${dir} holds uncommitted work`, "Salvage it first, then remove the worktree.");
  if (await holdsRepository(git, dir, linked)) throw ownRepository(dir);
  const loose = await git.text({
    cwd: dir,
    args: ["rev-list", "--max-count=1", "HEAD", "--not", "--branches", "--tags"],
    env,
  });
  if (loose !== "")
    throw clash(
      `The worktree ${dir} holds commits that no branch contains`,
      "Salvage it first, then remove the worktree.",
    );
}

/** A repository that the run made inside: its commit is recorded, its content is nowhere else. A submodule has a file `.git`. */
async function holdsRepository(git: GitRunner, dir: string, { env }: LinkedWorktree): Promise<boolean> {
  const entries = splitNul(await git.text({ cwd: dir, args: ["ls-files", "--stage", "-z"], env }));
  const links = entries.filter((entry) => entry.startsWith(`${GITLINK_MODE} `));
  const inner = links.map((entry) => join(dir, entry.slice(entry.indexOf("\t") + 1), ".git"));
  return inner.some((path) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
}

type Deletion = Parameters<GitWorktrees["deleteBranch"]>[0];

export async function deleteBranch(git: GitRunner, { repo, branch, head, landed }: Deletion): Promise<void> {
  const ref = `refs/heads/${parseBranchName(branch)}`;
  if (!branch.startsWith("sluice/"))
    throw new SluiceError("denied", `The branch ${branch} is not one of Sluice's own, it is left alone`);
  const now = await commitAt(git, repo, ref);
  if (now === undefined) throw gone("branch", branch);
  if (now !== head)
    throw clash(`The branch ${branch} is at ${now}, not at ${head}`, "Look at what was added to it.");
  const standing = await standingOn(git, repo, branch);
  if (standing !== undefined)
    throw clash(
      `The branch ${branch} is checked out at ${standing.worktree}`,
      "Remove that worktree, then delete the branch.",
    );
  if (!(await addsNothing(git, repo, landed, head)))
    throw clash(`The branch ${branch} holds work that ${landed} does not`, "Land it or keep the branch.");
  const result = await git.run({ cwd: repo, args: ["update-ref", "-d", ref, head] });
  if (result.exit !== 0) throw gitFailed(["update-ref"], decode(result.stdout) + result.stderr);
}

/** Landed as it is, or as a squash: merging it once more gives the same tree. */
async function addsNothing(
  git: GitRunner,
  repo: string,
  landed: Deletion["landed"],
  head: Deletion["head"],
): Promise<boolean> {
  if (await contains(git, repo, landed, head)) return true;
  const merged = await mergeTree(git, repo, landed, head);
  return merged.kind === "clean" && merged.tree === (await treeOf(git, repo, landed));
}
