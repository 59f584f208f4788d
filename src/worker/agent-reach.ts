import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { RunReach } from "#operations/ports/launcher.ts";
import type { AgentRun } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";

/** What an agent in a sandbox must write to work in its places, commit there, and report to the workspace. */
export function agentReach(run: AgentRun, places: readonly RunPlace[]): RunReach {
  const { workspace } = run.session.deps;
  const isRemote = workspace.includes("://");
  const git = places.flatMap(({ dir, commonDir }) => [dir, commonDir, ...linkedGitDir(dir)]);
  return {
    // Beside a SQLite file its journal is written.
    dirs: isRemote ? git : [...git, dirname(workspace)],
    network: isRemote,
  };
}

/** A worktree's own part of the git directory, which its file `.git` names: index and HEAD are there. */
function linkedGitDir(dir: string): readonly string[] {
  const file = join(dir, ".git");
  if (!existsSync(file)) return [];
  const [, named] = /^gitdir: (.+)$/m.exec(readFileSync(file, "utf8")) ?? [];
  return named === undefined ? [] : [resolve(dir, named)];
}
