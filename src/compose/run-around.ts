import { SluiceError } from "#domain/errors.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { runIdOf } from "#operations/run/run-ref.ts";
import { openProcessTable } from "#runners/process-table.ts";
import { ancestorRuns } from "./ancestor-runs.ts";

/**
 * The run of this workspace inside which the program was started, whatever its own environment says; undefined where there is none.
 * Marks count only with the token on record, so that a run of another workspace (the tests of a project, say) says nothing here.
 */
export async function runAround({ runs }: Store): Promise<Run | undefined> {
  // Elsewhere each look would start a program, and no environment is shown.
  if (process.platform !== "linux") return undefined;
  for (const mark of ancestorRuns(openProcessTable(process.platform), process.pid)) {
    try {
      const run = await runs.get({ id: runIdOf(mark.run) });
      if (run.token === mark.token) return run;
    } catch (error) {
      // A ref that is none, or of a run that is not here: somebody else's mark.
      if (!(error instanceof SluiceError) || error.code === "unavailable") throw error;
    }
  }
  return undefined;
}
