import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startPostgres } from "#test/postgres.ts";

import { ALLOWED_SKIPS } from "./allowed-skips.ts";
import { type JunitReport, readJunitReport } from "./junit-report.ts";
import { endLeftBehind } from "./left-behind.ts";
import { addOutcomes, type Outcome } from "./outcome.ts";
import { ROOT, runProgram } from "./run-program.ts";

/**
 * Runs `bun test` with a real PostgreSQL behind `SLUICE_TEST_POSTGRES_URL`, and counts what happened.
 * @param root this repository, or a copy of it
 */
export async function runSuite(args: readonly string[], root = ROOT): Promise<Outcome> {
  const run = crypto.randomUUID();
  const mark = `SLUICE_TEST_RUN=${run}`;
  const postgres = await startPostgres();
  const dir = mkdtempSync(join(tmpdir(), "sluice-run-"));
  const env = { SLUICE_TEST_POSTGRES_URL: postgres.url, SLUICE_TEST_RUN: run };
  try {
    const outcome = await runBunTest(dir, args, env, root);
    const left = await endLeftBehind(mark);
    for (const program of left) console.log(`left behind by a test, which counts as failed: ${program}`);
    return addOutcomes([outcome, { passed: 0, failed: left.length }]);
  } finally {
    await endLeftBehind(mark);
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function runBunTest(
  dir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  root: string,
) {
  const report = join(dir, "junit.xml");
  // Whatever a test that was ended leaves in its temporary folder goes with ours.
  const temporary = join(dir, "tmp");
  mkdirSync(temporary);
  for (const folder of [dir, temporary]) chmodSync(folder, 0o755);
  const flags = ["--parallel", "--reporter=junit", `--reporter-outfile=${report}`];
  const { code } = await runProgram([process.execPath, "test", ...flags, ...args], {
    cwd: root,
    env: { ...process.env, ...env, TMPDIR: temporary },
  });
  return judge(code, existsSync(report) ? readJunitReport(readFileSync(report, "utf8")) : undefined);
}

function judge(code: number, report: JunitReport | undefined): Outcome {
  if (report === undefined) {
    console.log("The test run ended without a report: it crashed, or a test ended the process.");
    return { passed: 0, failed: 1 };
  }
  const forbidden = report.skipped.filter((title) => !isAllowedToSkip(title));
  const failed = report.failed + forbidden.length;
  if (failed > 0) return { passed: report.passed, failed };
  if (code !== 0)
    console.log(`The test run ended with ${code}: a test file did not load, or a worker crashed.`);
  if (report.passed === 0) console.log("No test ran.");
  return { passed: report.passed, failed: code !== 0 || report.passed === 0 ? 1 : 0 };
}

function isAllowedToSkip(title: string): boolean {
  const allowed = ALLOWED_SKIPS.find(({ rule }) => title.startsWith(`${rule} `));
  console.log(`skipped: ${title}: ${allowed?.why ?? "for no allowed reason, which counts as failed"}`);
  return allowed !== undefined;
}
