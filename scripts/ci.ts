// What continuous integration runs: every suite, then one closing line for all of them.
import { join } from "node:path";

import { addOutcomes, closingLine, type Outcome, readClosingLine } from "./outcome.ts";
import { ROOT, runProgram } from "./run-program.ts";

const hasSlowTests = [...new Bun.Glob("test/slow/**/*.test.ts").scanSync(ROOT)].length > 0;
const suites: readonly (readonly [script: string, ...flags: readonly string[]])[] = [
  ["test.ts", "--checks", "--coverage"],
  ["gates-prove.ts"],
  ...(hasSlowTests ? [["test-slow.ts"] as const] : []),
];

async function runSuiteScript([script, ...flags]: (typeof suites)[number]): Promise<Outcome> {
  console.log(`\n=== ${script}`);
  const { code, output } = await runProgram([process.execPath, join(ROOT, "scripts", script), ...flags], {
    output: "both",
    env: { ...process.env, CI: "true" },
  });
  const outcome = readClosingLine(output);
  if (outcome === undefined) {
    console.log(`${script} ended with ${code} and no closing line.`);
    return { passed: 0, failed: 1 };
  }
  return code !== 0 && outcome.failed === 0 ? { ...outcome, failed: 1 } : outcome;
}

const outcomes: Outcome[] = [];
for (const script of suites) outcomes.push(await runSuiteScript(script));
const total = addOutcomes(outcomes);
console.log(`\n${closingLine(total)}`);
process.exitCode = total.failed === 0 ? 0 : 1;
