import type { Sha } from "#domain/git-ref/sha.ts";
import { quietConfig } from "./quiet-config.ts";
import { shaOf } from "./resolve.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";
import { splitNul } from "./split-nul.ts";

export type MergedTree =
  | { readonly kind: "clean"; readonly tree: Sha }
  | { readonly kind: "conflict"; readonly paths: readonly string[] };

/** The tree of merging two commits, made in the object store alone. A merge driver of the repository's counts as a conflict. */
export async function mergeTree(git: GitRunner, repo: string, ours: Sha, theirs: Sha): Promise<MergedTree> {
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs];
  const result = await git.run({ cwd: repo, args, env: await quietConfig(git, repo) });
  const [tree = "", ...paths] = splitNul(decode(result.stdout));
  if (result.exit === 0) return { kind: "clean", tree: shaOf(tree) };
  if (result.exit === 1) return { kind: "conflict", paths: [...new Set(paths)] };
  throw gitFailed(args, result.stderr);
}
