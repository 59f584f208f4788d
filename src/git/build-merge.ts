import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { GIT_SECOND_MS, isSha, parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { BuiltMerge, GitLanding } from "#operations/ports/git.ts";
import { splitNul } from "./git-environment.ts";
import { changedPaths } from "./reading.ts";
import { existingCommits, gone } from "./resolve.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";
import { gitDate, writeCommit } from "./write-commit.ts";

type Merge = Parameters<GitLanding["buildMerge"]>[0];

/** @param nowMs epoch milliseconds: the date of the commit */
export async function buildMerge(git: GitRunner, nowMs: number, merge: Merge): Promise<BuiltMerge> {
  const { repo, tip, head, strategy, message } = merge;
  const merged = await mergeTree(git, repo, parseSha(tip), parseSha(head));
  if (merged.kind === "conflict") return merged;
  const changes = await changedPaths(git, { repo, base: parseSha(tip), head: merged.tree });
  if (changes.length === 0) return { kind: "empty" };
  const parents = strategy === "squash" ? [tip] : [tip, head];
  const dates = { authorDate: gitDate(nowMs), committerDate: gitDate(nowMs) };
  const commit = await writeCommit(git, repo, { tree: merged.tree, parents, message, ...dates });
  const atMs = Math.floor(nowMs / GIT_SECOND_MS) * GIT_SECOND_MS;
  return { kind: "built", commit, tree: merged.tree, atMs, changes };
}

/** What git says only in words: a commit is gone, or the two have nothing in common. */
async function refuseUnrelated(git: GitRunner, repo: string, ours: Sha, theirs: Sha): Promise<void> {
  const there = await existingCommits(git, repo, [ours, theirs]);
  const missing = [ours, theirs].find((sha) => !there.includes(sha));
  if (missing !== undefined) throw gone("commit", missing);
  const base = await git.run({ cwd: repo, args: ["merge-base", ours, theirs] });
  if (decode(base.stdout).trim() !== "") return;
  throw new SluiceError("conflict", `The commits ${ours} and ${theirs} have no common ancestor here`, {
    hint: "In a shallow clone run: git fetch --unshallow",
  });
}

type MergedTree =
  | { readonly kind: "clean"; readonly tree: Sha }
  | { readonly kind: "conflict"; readonly paths: readonly string[] };

/**
 * The tree of merging two commits, made in the object store alone, by the attributes of `ours`. A merge driver of the
 * repository's configuration counts as a conflict.
 */
export async function mergeTree(git: GitRunner, repo: string, ours: Sha, theirs: Sha): Promise<MergedTree> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-merge-"));
  try {
    const attributed = await writeMergeAttributes(git, repo, ours, scratch);
    const place = attributed
      ? { cwd: scratch, env: { GIT_DIR: repo, GIT_WORK_TREE: scratch } }
      : { cwd: repo, env: {} };
    return await merge(git, { ...place, repo, ours, theirs });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function merge(
  git: GitRunner,
  p: { repo: string; cwd: string; env: Readonly<Record<string, string>>; ours: Sha; theirs: Sha },
): Promise<MergedTree> {
  const options = ["--write-tree", "-z", "--name-only", "--no-messages"];
  const args = ["merge-tree", ...options, p.ours, p.theirs];
  const result = await git.run({ cwd: p.cwd, args, env: p.env });
  const [tree = "", ...paths] = splitNul(decode(result.stdout));
  if (isSha(tree) && result.exit === 0) return { kind: "clean", tree };
  if (isSha(tree) && result.exit === 1) return { kind: "conflict", paths: [...new Set(paths)] };
  await refuseUnrelated(git, p.repo, p.ours, p.theirs);
  throw gitFailed(args, result.stderr);
}

/** Far more than any repository has; a tree made to fill a disk ends here. */
const MAX_FILES = 1000;
const MAX_BYTES = 1024 * 1024;

/**
 * Writes those `.gitattributes` of a commit that say how to merge (`CHANGELOG.md merge=union`) into an empty directory, for
 * git to find them there: it reads attributes from a worktree, and a merge in the object store has none.
 * @returns whether there was any
 */
async function writeMergeAttributes(
  git: GitRunner,
  repo: string,
  commit: Sha,
  dir: string,
): Promise<boolean> {
  const how = ["grep", "-l", "-z", "-F", "-e", "merge", "-e", "binary", "--full-name", "--no-textconv"];
  const args = [...how, "--no-recurse-submodules", commit, "--", ":(glob)**/.gitattributes"];
  const found = await git.run({ cwd: repo, args, env: { GIT_LITERAL_PATHSPECS: "0" } });
  const paths = splitNul(decode(found.stdout)).map((name) => name.slice(commit.length + 1));
  const plain = paths.filter((path) => !path.split("/").includes("..")).slice(0, MAX_FILES);
  for (const path of plain) {
    const blob = { cwd: repo, args: ["cat-file", "blob", `${commit}:${path}`], maxBytes: MAX_BYTES };
    const { stdout } = await git.run({ ...blob, overflow: "cut" });
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), stdout);
  }
  return plain.length > 0;
}
