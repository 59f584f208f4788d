import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import { writeMergeAttributes } from "./merge-attributes.ts";
import { shaOf } from "./resolve.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";
import { splitNul } from "./split-nul.ts";

export type MergedTree =
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
    return await merge(git, { ...place, ours, theirs });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function merge(
  git: GitRunner,
  p: { cwd: string; env: Readonly<Record<string, string>>; ours: Sha; theirs: Sha },
): Promise<MergedTree> {
  const options = ["--write-tree", "-z", "--name-only", "--no-messages"];
  const args = ["merge-tree", ...options, p.ours, p.theirs];
  const result = await git.run({ cwd: p.cwd, args, env: p.env });
  const [tree = "", ...paths] = splitNul(decode(result.stdout));
  if (result.exit === 0) return { kind: "clean", tree: shaOf(tree) };
  if (result.exit === 1) return { kind: "conflict", paths: [...new Set(paths)] };
  throw gitFailed(args, result.stderr);
}
