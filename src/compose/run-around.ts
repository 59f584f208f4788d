import { SluiceError } from "#domain/errors.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { runIdOf } from "#operations/run/run-view.ts";
import { openProcessTable, type ProcessTable } from "#runners/process-table.ts";

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

/** What a run's first process was given, and whatever it started has. */
interface RunMark {
  /** `R-31`. */
  readonly run: string;
  readonly token: string;
}

/** Real chains have a dozen; one that numbers given anew made endless ends here. */
const MOST_ANCESTORS = 64;

/**
 * The marks of runs with which the ancestors of a process, and the leaders of their sessions, were started. A process can take marks
 * out of its own environment, and not out of theirs. None where the platform does not show environments.
 */
function ancestorRuns(table: ProcessTable, pid: number): readonly RunMark[] {
  const around = new Set<number>();
  for (let row = table.row(pid); row !== undefined && around.size < MOST_ANCESTORS;) {
    around.add(row.parentPid).add(row.sessionId);
    row = table.row(row.parentPid);
  }
  return Array.from(around).flatMap((one) => {
    const run = table.variable(one, "SLUICE_RUN");
    const token = run === undefined ? undefined : table.variable(one, "SLUICE_RUN_TOKEN");
    return run === undefined || token === undefined ? [] : [{ run, token }];
  });
}
