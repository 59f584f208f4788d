import { existsSync, mkdtempSync, copyFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { LinkedWorktree } from "./linked-worktree.ts";
import { shaOf } from "./resolve.ts";
import type { GitRunner } from "./run-git.ts";
import { splitNul } from "./split-nul.ts";

/** The mode of an entry that is another repository's commit. */
export const GITLINK_MODE = "160000";

/**
 * The worktree's files as a tree, through an index of ours: the worktree's own stays as it is. Ignored files are left out.
 * `embedded` names repositories inside, of which a tree can only hold the commit.
 */
export async function snapshotTree(
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
