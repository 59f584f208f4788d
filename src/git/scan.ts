import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { BranchHead, HistoryScan } from "#operations/ports/git.ts";
import { existingCommits } from "./existing-objects.ts";
import { LOG_OPTIONS, readCommits } from "./read-commits.ts";
import { contains } from "./resolve.ts";
import type { GitRunner } from "./run-git.ts";
import { listWorktrees } from "./list-worktrees.ts";

/** Keeps a transaction of the caller, and memory, small. */
const BATCH = 1000;

/** Where nothing is new git is asked once: for the branches. */
export async function scan(git: GitRunner, repo: string, known: readonly BranchHead[]): Promise<HistoryScan> {
  const branches = await branchHeads(git, repo);
  const detached = await detachedHeads(git, repo);
  if (isSeen(branches, detached, known)) return { branches, gone: [], rewritten: [], commits: noCommits() };
  const now = new Map(branches.map(({ ref, sha }) => [ref, sha]));
  const tips = new Set([...now.values(), ...detached]);
  const old = await existingCommits(git, repo, [...new Set(known.map(({ sha }) => sha))]);
  return {
    branches,
    gone: known.filter(({ ref }) => !now.has(ref)).map(({ ref }) => ref),
    rewritten: await rewrittenBranches(git, repo, known, now),
    commits: newCommits(git, repo, [...tips], old),
  };
}

async function branchHeads(git: GitRunner, repo: string): Promise<readonly BranchHead[]> {
  const args = [
    "for-each-ref",
    "--format=%(refname)%00%(objectname)%00%(symref)",
    "refs/heads",
    "refs/remotes",
  ];
  const rows = (await git.text({ cwd: repo, args })).split("\n");
  return rows.flatMap((row) => {
    const [ref = "", sha = "", symbolic] = row.split("\0");
    return isSha(sha) && symbolic === "" ? [{ ref, sha }] : [];
  });
}

function isSeen(
  branches: readonly BranchHead[],
  detached: readonly Sha[],
  known: readonly BranchHead[],
): boolean {
  const heads = new Map(known.map(({ ref, sha }) => [ref, sha]));
  const shas = new Set(heads.values());
  return (
    branches.length === known.length &&
    branches.every(({ ref, sha }) => heads.get(ref) === sha) &&
    detached.every((sha) => shas.has(sha))
  );
}

/** Heads of worktrees on no branch, as git's own files have them; git is asked where it keeps refs in tables. */
async function detachedHeads(git: GitRunner, repo: string): Promise<readonly Sha[]> {
  if (existsSync(join(repo, "reftable"))) {
    const worktrees = await listWorktrees(git, repo);
    return worktrees.flatMap(({ head, branch }) =>
      head === undefined || branch !== undefined ? [] : [head],
    );
  }
  const linked = join(repo, "worktrees");
  const names = existsSync(linked) ? readdirSync(linked) : [];
  return [repo, ...names.map((name) => join(linked, name))].flatMap((dir) => {
    const path = join(dir, "HEAD");
    const head = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
    return isSha(head) ? [head] : [];
  });
}

async function rewrittenBranches(
  git: GitRunner,
  repo: string,
  known: readonly BranchHead[],
  now: ReadonlyMap<string, Sha>,
): Promise<HistoryScan["rewritten"]> {
  const rewritten: { ref: string; from: Sha; to: Sha }[] = [];
  for (const { ref, sha } of known) {
    const to = now.get(ref);
    if (to === undefined || to === sha || (await contains(git, repo, to, sha))) continue;
    rewritten.push({ ref, from: sha, to });
  }
  return rewritten;
}

function newCommits(
  git: GitRunner,
  repo: string,
  tips: readonly Sha[],
  old: readonly Sha[],
): HistoryScan["commits"] {
  const stdin = [...tips, ...old.map((sha) => `^${sha}`)].map((line) => `${line}\n`).join("");
  if (tips.length === 0) return noCommits();
  return readCommits(git.stream({ cwd: repo, args: ["log", ...LOG_OPTIONS, "--stdin"], stdin }), BATCH);
}

async function* noCommits(): AsyncGenerator<never, void, undefined> {}
