// `npm test`: the static checks, then every test but the slow ones. `npm test -- ARGS` hands ARGS to `bun test`.
import { join } from "node:path";

import { addOutcomes, closingLine, type Outcome } from "./outcome.ts";
import { ROOT, runProgram } from "./run-program.ts";
import { runStep } from "./run-step.ts";
import { runSuite } from "./run-suite.ts";
import { STATIC_CHECKS } from "./static-checks.ts";

/** A test takes a second at most on an idle machine; a loaded one is no failure. */
const TEST_TIMEOUT_MS = 30_000;

const outcomes: Outcome[] = [];
for (const { name, argv } of STATIC_CHECKS) {
  const [program, ...args] = argv;
  outcomes.push(
    await runStep(name, async () => {
      const { code } = await runProgram([join(ROOT, "node_modules/.bin", program), ...args]);
      return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    }),
  );
}
outcomes.push(
  await runStep("tests", () =>
    runSuite([
      `--timeout=${TEST_TIMEOUT_MS}`,
      "--path-ignore-patterns=test/slow/**",
      ...process.argv.slice(2),
    ]),
  ),
);
const total = addOutcomes(outcomes);
console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
