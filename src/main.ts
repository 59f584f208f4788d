import { version } from "#package.json" with { type: "json" };
import { runProgram } from "#compose/run-program.ts";

/** Everyday commands take a quarter of it; what runs longer serves, works or imports. */
const LONG_RUN_MS = 100;

// The built program starts with a compiler that waits (`scripts/build.ts`); what runs longer wants the usual one.
setTimeout(() => Bun.unsafe.setJITPolicy(1), LONG_RUN_MS);
process.exit(await runProgram(version));
