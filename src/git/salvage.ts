import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { GitWorktrees, Salvage } from "#operations/ports/git.ts";
import { splitNul } from "./git-environment.ts";
import { isBeingRemoved, type LinkedWorktree, linkedWorktree, relink } from "./list-worktrees.ts";
import { branchHead, commitAt, contains, shaOf, treeOf } from "./resolve.ts";
import { decode, type GitRunner } from "./run-git.ts";
import { removeStale, worktreeLocks } from "./stale-locks.ts";
import { gitDate, identity, writeCommit } from "./write-commit.ts";

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

/** The mode of an entry that is another repository's commit. */
export const GITLINK_MODE = "160000";

/**
 * The worktree's files as a tree, through an index of ours: the worktree's own stays as it is. Ignored files are left out.
 * `embedded` names repositories inside, of which a tree can only hold the commit.
 */
async function snapshotTree(
  git: GitRunner,
  { repo, dir, linked, base }: { repo: string; dir: string; linked: LinkedWorktree; base: Sha },
): Promise<{ readonly tree: Sha; readonly embedded: readonly string[] }> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-index-"));
  try {
    const index = join(scratch, "index");
    const own = join(linked.own, "index");
    if (existsSync(own)) copyFileSync(own, index);
    const env = { ...linked.env, GIT_INDEX_FILE: index };
    if (!existsSync(own)) await git.text({ cwd: dir, args: ["read-tree", base], env });
    // An embedded repository without a commit makes `add` exit with 1 although all else was added.
    await git.run({
      cwd: dir,
      args: ["add", "--all", "--ignore-errors", "--", ":/"],
      env: { ...env, GIT_LITERAL_PATHSPECS: "0" },
    });
    const tree = shaOf(await git.text({ cwd: dir, args: ["write-tree"], env }));
    return { tree, embedded: await newLinks(git, repo, base, tree) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function newLinks(git: GitRunner, repo: string, base: Sha, tree: Sha): Promise<readonly string[]> {
  const args = ["diff-tree", "-r", "-z", "--no-renames", base, tree];
  const fields = splitNul(await git.text({ cwd: repo, args }));
  return fields.flatMap((row, at) => {
    const [, mode] = row.startsWith(":") ? row.split(" ") : [];
    return mode === GITLINK_MODE ? [fields[at + 1] ?? ""] : [];
  });
}

/** What git leaves in a worktree's own directory while a rebase, merge, pick, revert or bisect is not finished. */
const MARKS = [
  "rebase-merge",
  "rebase-apply",
  "sequencer",
  "MERGE_HEAD",
  "MERGE_MODE",
  "MERGE_MSG",
  "MERGE_AUTOSTASH",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "AUTO_MERGE",
  "BISECT_START",
  "BISECT_LOG",
] as const;
/** A message alone (of a merge that was a fast-forward, of a squash) is no operation. */
const HARMLESS = new Set<string>(["MERGE_MSG", "MERGE_MODE", "AUTO_MERGE"]);

/**
 * Absolute paths of the marks of an unfinished operation; empty when none is under way.
 * @param own the directory that git keeps for the worktree; for the main one the common directory
 */
export function halfDone(own: string): readonly string[] {
  const there = MARKS.filter((name) => existsSync(join(own, name)));
  return there.every((name) => HARMLESS.has(name)) ? [] : there.map((name) => join(own, name));
}
