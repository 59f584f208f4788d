import { rmSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import { patiently } from "./git-patience.ts";
import type { RunContext } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";

/**
 * Removes a run's worktrees once its work is on its branch, which stays; of one whose folder is gone, what git remembers. What git
 * finds unsaved stays too.
 */
export async function closeWorktrees(
  run: Pick<RunContext, "session" | "name" | "folder">,
  places: readonly RunPlace[],
): Promise<void> {
  const { deps, options } = run.session;
  for (const { commonDir: repo, dir, runBranch } of places) {
    try {
      await patiently(deps, { commonDir: repo, branches: [runBranch] }, () =>
        deps.git.removeWorktree({ repo, dir }),
      );
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      if (error.code === "not_found") continue; // it was never made, or is gone with its registration
      options.emit({ type: "problem", code: error.code, message: error.message, run: run.name.run });
    }
  }
  rmSync(run.folder.temp, { recursive: true, force: true });
}
