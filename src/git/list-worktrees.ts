import { existsSync } from "node:fs";
import { isSha } from "#domain/git-ref/sha.ts";
import type { Worktree } from "#operations/ports/git.ts";
import type { GitRunner } from "./run-git.ts";

export async function listWorktrees(git: GitRunner, repo: string): Promise<readonly Worktree[]> {
  const text = await git.text({ cwd: repo, args: ["worktree", "list", "--porcelain", "-z"] });
  return text
    .split("\0\0")
    .filter((block) => block !== "")
    .map(worktreeOf);
}

function worktreeOf(block: string): Worktree {
  const facts = new Map(block.split("\0").map((line) => pair(line)));
  const dir = facts.get("worktree") ?? "";
  const head = facts.get("HEAD") ?? "";
  const branch = facts.get("branch")?.replace(/^refs\/heads\//, "");
  const unborn = /^0+$/.test(head);
  return {
    dir,
    bare: facts.has("bare"),
    locked: facts.has("locked"),
    missing: !existsSync(dir),
    ...(isSha(head) && !unborn ? { head } : {}),
    ...(branch === undefined ? {} : { branch }),
  };
}

function pair(line: string): readonly [string, string] {
  const at = line.indexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}
