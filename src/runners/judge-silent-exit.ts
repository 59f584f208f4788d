import type { RunnerAdapter } from "./adapter.ts";

/**
 * Judges an exit without the program's own last word. Before the session began, the program could not start its work; after it, it
 * was cut off.
 */
export function judgeSilentExit(program: string): RunnerAdapter["judge"] {
  return (exit, summary) => {
    const why = exit.stderrTail === "" ? "" : `: ${exit.stderrTail}`;
    return {
      ending: summary.sessionId === undefined && exit.exitCode !== 0 ? "runner_failed" : "interrupted",
      message: `${program} exited with code ${exit.exitCode} and without a result${why}`,
    };
  };
}
