import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A worktree's own part of the git directory, which its file `.git` names: index and HEAD are there. */
export function linkedGitDir(dir: string): string | undefined {
  const file = join(dir, ".git");
  if (!existsSync(file)) return undefined;
  const [, named] = /^gitdir: (.+)$/m.exec(readFileSync(file, "utf8")) ?? [];
  return named === undefined ? undefined : resolve(dir, named);
}
