import { SluiceError } from "#domain/errors.ts";
import type { CommandRunnerSpec } from "#operations/ports/runner-spec.ts";
import type { RunnerAdapter } from "./adapter.ts";

/**
 * `EX_TEMPFAIL` of sysexits.h: a program says with it that it could not work now (no key, throttled, no network) and
 * that the item is not to blame.
 */
const EXIT_RUNNER_FAILED = 75;

/** Any program. It has no events: its exit says how it went, and the worker's own record says what was done. */
export function commandAdapter(spec: CommandRunnerSpec): RunnerAdapter {
  const [program, ...args] = spec.argv;
  if (program === undefined || program === "") {
    throw new SluiceError("invalid", "The command runner has no program: give it at least one argument", {
      details: { field: "runner.argv" },
    });
  }
  return {
    name: "command",
    program,
    versionArgs: undefined,
    plan: () => ({ args, inherit: [] }),
    parse: undefined,
    classifyExit: ({ exitCode, stderrTail }) => {
      if (exitCode === 0) return { ending: "completed", message: "The command exited with code 0" };
      const why = stderrTail === "" ? "" : `: ${stderrTail}`;
      const ending = exitCode === EXIT_RUNNER_FAILED ? "runner_failed" : "failed";
      return { ending, message: `The command exited with code ${exitCode}${why}` };
    },
  };
}
