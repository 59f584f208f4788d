import { join } from "node:path";
import { REGISTRY } from "#operations/registry.ts";
import { COMMAND_TABLE, OVERVIEW } from "#cli/command-table.ts";
import { interruptSignal } from "#cli/interrupt.ts";
import { runCli } from "#cli/run-cli.ts";
import { isAttended, standardInput, standardSink } from "#cli/stdio.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import { stateDir } from "#compose/places.ts";

/** Takes the process as it was started, runs its command line and answers the exit code. */
export async function runProgram(version: string): Promise<number> {
  const surroundings: Surroundings = {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    stdin: standardInput(),
    stdout: standardSink(1),
    stderr: standardSink(2),
    isAttended,
    now: Date.now,
    newId: () => crypto.randomUUID(),
    version,
    logFile: join(stateDir(process.env), "bugs.jsonl"),
    signal: interruptSignal(),
  };
  return runCli({
    ...surroundings,
    operations: REGISTRY,
    table: COMMAND_TABLE,
    overview: OVERVIEW,
    commands: async () => (await import("#compose/outside.ts")).OUTSIDE,
    presenters: async () => (await import("#cli/present/presenters.ts")).PRESENTERS,
    open: async (globals, signal, progress, isOptional) => {
      const { openContext } = await import("#compose/open-context.ts");
      return { ...(await openContext(surroundings, globals, signal, { isOptional })), progress };
    },
    invoke: async (context, operation, input) =>
      (await import("#operations/invoke.ts")).invoke(context, operation, input),
  });
}
