import type { Outcome } from "./outcome.ts";

/** Runs one step of the test run under a heading, and says how long it took. */
export async function runStep(name: string, step: () => Promise<Outcome>): Promise<Outcome> {
  console.log(`\n== ${name}`);
  const startedAt = performance.now();
  const outcome = await step();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`== ${name}: ${outcome.failed === 0 ? "passed" : "FAILED"} in ${seconds} s`);
  return outcome;
}
