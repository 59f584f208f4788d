// `npm test`: the static checks, then every test but the slow ones. `npm test -- ARGS` hands ARGS to `bun test`.
// `npm run coverage` is the tests alone, on a copy that counts what of it runs; with `--uncovered` it lists what did not. `.ci/run` does
// both in one run of the tests, and holds each part to its threshold.
import { join } from "node:path";

import { countedCopy } from "./coverage.ts";
import { installDebianPackages } from "./debian-packages.ts";
import { addOutcomes, closingLine, type Outcome } from "./outcome.ts";
import { ROOT, runProgram } from "./run-program.ts";
import { runStep } from "./run-step.ts";
import { runSuite } from "./run-suite.ts";
import { STATIC_CHECKS } from "./static-checks.ts";

/** A test takes a second at most on an idle machine; a loaded one is no failure. */
const TEST_TIMEOUT_MS = 30_000;

const FLAGS = ["--checks", "--coverage", "--uncovered"];
const given = process.argv.slice(2);
const has = (flag: string): boolean => given.includes(flag);
const args = given.filter((word) => !FLAGS.includes(word));

await installDebianPackages();
const outcomes: Outcome[] = [];
for (const { name, argv } of has("--coverage") && !has("--checks") ? [] : STATIC_CHECKS) {
  const [program, ...args] = argv;
  outcomes.push(
    await runStep(name, async () => {
      const { code } = await runProgram([join(ROOT, "node_modules/.bin", program), ...args]);
      return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
    }),
  );
}
const counted = has("--coverage") ? await countedCopy() : undefined;
try {
  outcomes.push(
    await runStep("tests", () =>
      runSuite(
        [`--timeout=${TEST_TIMEOUT_MS}`, "--path-ignore-patterns=test/slow/**", ...args],
        counted?.root,
      ),
    ),
  );
  if (counted !== undefined)
    outcomes.push(
      await runStep("coverage", async () =>
        counted.report({ judged: args.length === 0, list: has("--uncovered") }),
      ),
    );
} finally {
  counted?.remove();
}
const total = addOutcomes(outcomes);
console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
