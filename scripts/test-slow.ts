// `npm run test:slow`: crashes, faults and real agent programs. `npm run test:slow -- ARGS` hands ARGS to `bun test`.
import { installDebianPackages } from "./debian-packages.ts";
import { closingLine } from "./outcome.ts";
import { runStep } from "./run-step.ts";
import { runSuite } from "./run-suite.ts";

const SLOW_TEST_TIMEOUT_MS = 120_000;

await installDebianPackages();
const total = await runStep("slow tests", () =>
  runSuite([`--timeout=${SLOW_TEST_TIMEOUT_MS}`, "test/slow/", ...process.argv.slice(2)]),
);
console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
