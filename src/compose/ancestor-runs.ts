import type { ProcessTable } from "#runners/process-table.ts";

/** What a run's first process was given, and whatever it started has. */
export interface RunMark {
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
export function ancestorRuns(table: ProcessTable, pid: number): readonly RunMark[] {
  const around = new Set<number>();
  for (let row = table.row(pid); row !== undefined && around.size < MOST_ANCESTORS;) {
    around.add(row.parentPid).add(row.sessionId);
    row = table.row(row.parentPid);
  }
  return Array.from(around).flatMap((one) => {
    const run = table.variable(one, "SLUICE_RUN");
    const token = table.variable(one, "SLUICE_RUN_TOKEN");
    return run === undefined || token === undefined ? [] : [{ run, token }];
  });
}
