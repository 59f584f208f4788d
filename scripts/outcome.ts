/** What a step of the test run found. A static check counts as one. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
}

const CLOSING_LINE = /^(\d+) passed, (\d+) failed$/;

export function addOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failed: outcomes.reduce((sum, { failed }) => sum + failed, 0),
  };
}

/** The last line of every test command: continuous integration reads it, and nothing may follow it. */
export function closingLine({ passed, failed }: Outcome): string {
  return `${passed} passed, ${failed} failed`;
}

/** Reads the closing line of a command's output; `undefined` when it ended without one. */
export function readClosingLine(output: string): Outcome | undefined {
  const match = CLOSING_LINE.exec(output.trimEnd().split("\n").at(-1) ?? "");
  return match === null ? undefined : { passed: Number(match[1]), failed: Number(match[2]) };
}
