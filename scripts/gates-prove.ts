// `npm run gates:prove`: each gate is green on this repository and red, for the right reason, on each planted violation.
import { rmSync } from "node:fs";
import { join } from "node:path";

import { type Gate, VIOLATIONS } from "./gate-violations.ts";
import { closingLine } from "./outcome.ts";
import { copyRepository, plantViolation } from "./repository-copy.ts";
import { type ProgramRun, runProgram } from "./run-program.ts";

const GATES = ["types", "lint", "format", "dead code", "rules"] as const satisfies readonly Gate[];

function argvOf(gate: Gate, paths: readonly string[]): readonly string[] {
  switch (gate) {
    case "types":
      return ["tsc", "--noEmit"];
    case "lint":
      return ["oxlint", ...paths];
    case "format":
      return ["oxfmt", "--check", ...(paths.length === 0 ? ["."] : paths)];
    case "dead code":
      return ["knip", "--no-progress"];
    case "rules":
      return ["bun", "test", "test/gates/"];
  }
}

function runGate(copy: string, gate: Gate, paths: readonly string[] = []): Promise<ProgramRun> {
  const [program = "", ...args] = argvOf(gate, paths);
  return runProgram([join(copy, "node_modules/.bin", program), ...args], { cwd: copy, output: "keep" });
}

const counts = { passed: 0, failed: 0 };
function report(
  gate: Gate,
  name: string,
  wanted: "green" | "red",
  isAsWanted: boolean,
  output: string,
): void {
  counts[isAsWanted ? "passed" : "failed"] += 1;
  console.log(`${gate.padEnd(10)} ${name.padEnd(44)} ${isAsWanted ? wanted : `NOT ${wanted}`}`);
  if (!isAsWanted) console.log(output.trim().replace(/^/gm, "    | "));
}

const copy = await copyRepository();
try {
  for (const gate of GATES) {
    const { code, output } = await runGate(copy, gate);
    report(gate, "this repository", "green", code === 0, output);
  }
  for (const violation of VIOLATIONS) {
    const { gate, name, says, plant } = violation;
    const takeOut = plantViolation(copy, violation);
    const { code, output } = await runGate(copy, gate, Object.keys(plant));
    takeOut();
    report(gate, name, "red", code !== 0 && output.includes(says), output);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${closingLine(counts)}`);
process.exitCode = counts.failed === 0 ? 0 : 1;
