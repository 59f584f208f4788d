import { version } from "#package.json" with { type: "json" };
import { runProgram } from "#compose/run-program.ts";

process.exit(await runProgram(version));
