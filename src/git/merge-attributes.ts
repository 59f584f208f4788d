import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import { decode, type GitRunner } from "./run-git.ts";
import { splitNul } from "./split-nul.ts";

/** Far more than any repository has; a tree made to fill a disk ends here. */
const MAX_FILES = 1000;
const MAX_BYTES = 1024 * 1024;

/**
 * Writes those `.gitattributes` of a commit that say how to merge (`CHANGELOG.md merge=union`) into an empty directory, for
 * git to find them there: it reads attributes from a worktree, and a merge in the object store has none.
 * @returns whether there was any
 */
export async function writeMergeAttributes(
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
