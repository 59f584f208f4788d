import { SluiceError } from "#domain/errors.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { runIdOf } from "#operations/run/run-view.ts";
import { openProcessTable, type ProcessTable } from "#runners/process-table.ts";
import { agentProgram, agentShell } from "./agent-shell.ts";

/**
 * The run of this workspace inside which the program was started, whatever its own environment says; undefined where there is none.
 * Marks count only with the token on record, so that a run of another workspace (the tests of a project, say) says nothing here.
 */
export async function runAround({ runs }: Store): Promise<Run | undefined> {
  // Elsewhere each look would start a program, and no environment is shown.
  if (process.platform !== "linux") return undefined;
  ownMarks ??= ancestorRuns(openProcessTable(process.platform), process.pid);
  for (const mark of ownMarks) {
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

/**
 * Name of the agent program below which this one was started, whatever its own environment says; `run` below a run of any workspace.
 * Undefined where there is none, and where the platform does not show it.
 */
export function agentAround(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const table = openProcessTable(process.platform);
  for (const pid of ancestors(table, process.pid)) {
    const agent = agentShell(table.environment(pid)) ?? agentProgram(table.words(pid));
    if (agent !== undefined) return agent;
  }
  return undefined;
}

/** What a run's first process was given, and whatever it started has. */
interface RunMark {
  /** `R-31`. */
  readonly run: string;
  readonly token: string;
}

/** With what the ancestors of this process were started, once it was asked: that stays as it is, and a server is asked at each call. */
let ownMarks: readonly RunMark[] | undefined;

/** Real chains have a dozen; one that numbers given anew made endless ends here. */
const MOST_ANCESTORS = 64;

/** A process's parents, and the leaders of the sessions of all of them: it can change its own environment, and not theirs. */
function ancestors(table: ProcessTable, pid: number): ReadonlySet<number> {
  const around = new Set<number>();
  for (let row = table.row(pid); row !== undefined && around.size < MOST_ANCESTORS;) {
    around.add(row.parentPid).add(row.sessionId);
    row = table.row(row.parentPid);
  }
  return around;
}

/** The marks of runs with which they were started. None where the platform does not show environments. */
function ancestorRuns(table: ProcessTable, pid: number): readonly RunMark[] {
  return Array.from(ancestors(table, pid)).flatMap((one) => {
    const { SLUICE_RUN: run, SLUICE_RUN_TOKEN: token } = table.environment(one);
    return run === undefined || token === undefined ? [] : [{ run, token }];
  });
}
