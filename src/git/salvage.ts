import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { GitWorktrees, Salvage } from "#operations/ports/git.ts";
import { halfDone } from "./half-done.ts";
import { type LinkedWorktree, linkedWorktree, relink } from "./linked-worktree.ts";
import { isBeingRemoved } from "./removal-mark.ts";
import { identity } from "./identity.ts";
import { branchHead, commitAt, contains, treeOf } from "./resolve.ts";
import { decode, type GitRunner } from "./run-git.ts";
import { snapshotTree } from "./snapshot-tree.ts";
import { removeStale, worktreeLocks } from "./stale-locks.ts";
import { gitDate, writeCommit } from "./write-commit.ts";

type Rescue = Parameters<GitWorktrees["salvage"]>[0];

/** @param nowMs epoch milliseconds: the date of the commit, and the age of a lock file */
export async function salvage(git: GitRunner, nowMs: number, rescue: Rescue): Promise<Salvage> {
  const { repo, dir, message } = rescue;
  const branch = parseBranchName(rescue.branch);
  if (!branch.startsWith("sluice/"))
    throw new SluiceError("denied", `The branch ${branch} is not one of Sluice's own, it is left alone`);
  if (!existsSync(dir)) return { kind: "nothing" };
  const linked = linkedWorktree(repo, dir);
  if (isBeingRemoved(linked)) return { kind: "nothing" };
  removeStale(worktreeLocks(linked.own), [repo, dir], nowMs);
  const head = await branchHead(git, repo, branch);
  const work = await snapshotTree(git, { repo, dir, linked, base: head });
  const further = await looseCommits(git, repo, linked, head);
  const unchanged = work.tree === (await treeOf(git, repo, head)) && further.length === 0;
  const saved = unchanged
    ? head
    : await commitWork(git, { repo, nowMs, message, tree: work.tree, parents: [head, ...further] });
  if (saved !== head)
    await git.text({
      cwd: repo,
      args: ["update-ref", "-m", "sluice: salvage", `refs/heads/${branch}`, saved, head],
    });
  const ended = await backOnBranch(git, dir, linked, { branch, saved });
  if (unchanged && !ended) return { kind: "nothing" };
  return { kind: "saved", head: saved, embedded: work.embedded };
}

/** Commits of the run that its branch does not contain: a detached HEAD (half a rebase), an autostash. */
async function looseCommits(
  git: GitRunner,
  repo: string,
  { own, env }: LinkedWorktree,
  head: Sha,
): Promise<readonly Sha[]> {
  const detached = await commitAt(git, repo, "HEAD", env);
  const stashed = ["rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH"].flatMap((name) => {
    const path = join(own, name);
    const text = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
    return isSha(text) ? [text] : [];
  });
  const candidates = [...(detached === undefined ? [] : [detached]), ...stashed];
  const kept: Sha[] = [];
  for (const sha of new Set(candidates)) if (!(await contains(git, repo, head, sha))) kept.push(sha);
  return kept;
}

async function commitWork(
  git: GitRunner,
  p: { repo: string; nowMs: number; message: string; tree: Sha; parents: readonly Sha[] },
): Promise<Sha> {
  const people = await identity(git, p.repo);
  const dates = { authorDate: gitDate(p.nowMs), committerDate: gitDate(p.nowMs) };
  return writeCommit(git, p.repo, {
    tree: p.tree,
    parents: p.parents,
    message: p.message,
    ...people,
    ...dates,
  });
}

/** Answers whether anything had to be put right. */
async function backOnBranch(
  git: GitRunner,
  dir: string,
  linked: LinkedWorktree,
  { branch, saved }: { readonly branch: string; readonly saved: Sha },
): Promise<boolean> {
  const { own, env } = linked;
  const marks = halfDone(own);
  for (const path of marks) rmSync(path, { recursive: true, force: true });
  const ref = `refs/heads/${branch}`;
  const head = await git.run({ cwd: dir, args: ["symbolic-ref", "-q", "HEAD"], env });
  const onBranch = decode(head.stdout).trim() === ref;
  if (!onBranch)
    await git.text({ cwd: dir, args: ["symbolic-ref", "-m", "sluice: salvage", "HEAD", ref], env });
  await git.text({ cwd: dir, args: ["read-tree", saved], env });
  relink(dir, linked);
  return marks.length > 0 || !onBranch;
}
