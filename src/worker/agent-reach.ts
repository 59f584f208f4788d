import { dirname } from "node:path";
import type { RunReach } from "#operations/ports/launcher.ts";
import { linkedGitDir } from "./linked-git-dir.ts";
import type { AgentRun } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";

/** What an agent in a sandbox must write to work in its places, commit there, and report to the workspace. */
export function agentReach(run: AgentRun, places: readonly RunPlace[]): RunReach {
  const { workspace } = run.session.deps;
  const isRemote = workspace.includes("://");
  const git = places.flatMap(({ dir, commonDir }) => [dir, commonDir, linkedGitDir(dir) ?? dir]);
  const own = [...new Set(git), run.folder.refusals];
  return {
    // Beside a SQLite file its journal is written.
    dirs: isRemote ? own : [...own, dirname(workspace)],
    network: isRemote,
  };
}
