import { afterEach, beforeEach, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { addOutcomes, closingLine, readClosingLine } from "../../scripts/outcome.ts";

const ROOT = join(import.meta.dir, "../..");
const SUITE = `
import { runSuite } from ${JSON.stringify(join(ROOT, "scripts/run-suite.ts"))};
import { closingLine } from ${JSON.stringify(join(ROOT, "scripts/outcome.ts"))};
console.log(closingLine(await runSuite(process.argv.slice(2))));
`;

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "sluice-counting-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function writeSuite(source: string): string {
  const main = join(dir, "suite.ts");
  writeFileSync(join(dir, "planted.test.ts"), `import { expect, test } from "bun:test";\n${source}`);
  writeFileSync(main, SUITE);
  return main;
}

function readText(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** What a process runs; nothing when it ended, whether or not somebody has asked for its exit code. */
function commandOf(pid: string): string {
  expect(pid).toMatch(/^\d+$/);
  return readText(`/proc/${pid}/cmdline`);
}

/** Runs a suite that holds one test file with this text, as the test commands do; a database is not what it is about. */
async function countSuite(source: string) {
  const run = Bun.spawn([process.execPath, writeSuite(source), dir], {
    cwd: ROOT,
    env: { ...process.env, SLUICE_TEST_POSTGRES_URL: "postgres://unused.invalid/" },
    stdout: "pipe",
    stderr: "ignore",
  });
  const output = await new Response(run.stdout).text();
  await run.exited;
  return { outcome: readClosingLine(output), output };
}

test("the closing line is the last, and is read back", () => {
  expect(
    closingLine(
      addOutcomes([
        { passed: 2, failed: 0 },
        { passed: 1, failed: 3 },
      ]),
    ),
  ).toBe("3 passed, 3 failed");
  expect(readClosingLine("noise\n3 passed, 3 failed\n")).toEqual({ passed: 3, failed: 3 });
  expect(readClosingLine("3 passed, 3 failed\nnoise\n")).toBeUndefined();
});

test("passed and failed tests are counted", async () => {
  const source = 'test("a", () => {});\ntest("b", () => {});\ntest("c", () => expect(1).toBe(2));\n';
  expect((await countSuite(source)).outcome).toEqual({ passed: 2, failed: 1 });
});

test.each([
  ["ends its process", 'test("a", () => process.exit(0));\n'],
  ["does not load", 'throw new Error("planted");\n'],
  ["holds no test", "void expect; void test;\n"],
])("a file that %s counts as failed", async (_, source) => {
  expect((await countSuite(source)).outcome).toEqual({ passed: 0, failed: 1 });
});

test("a file that does not load fails a run whose other tests pass", async () => {
  writeFileSync(join(dir, "passing.test.ts"), 'import { test } from "bun:test";\ntest("a", () => {});\n');
  const { outcome } = await countSuite('throw new Error("planted");\n');
  expect(outcome).toEqual({ passed: 1, failed: 1 });
});

test("a test that is skipped for no allowed reason counts as failed and is named", async () => {
  const { outcome, output } = await countSuite('test("a", () => {});\ntest.skip("b <1>", () => {});\n');
  expect(outcome).toEqual({ passed: 1, failed: 1 });
  expect(output).toContain("skipped: b <1>:");
});

test("a process that outlives its test counts as failed, and is ended and named", async () => {
  const pidFile = join(dir, "pid");
  const { outcome, output } = await countSuite(`test("a", async () => {
    const child = Bun.spawn(["sleep", "600"], { detached: true, stdio: ["ignore", "ignore", "ignore"] });
    child.unref();
    await Bun.write(${JSON.stringify(pidFile)}, String(child.pid));
  });`);
  expect(outcome).toEqual({ passed: 1, failed: 1 });
  expect(output).toContain("sleep 600");
  expect(commandOf(readText(pidFile))).toBe("");
}, 20_000);

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s ends a run with all it started",
  async (signal) => {
    const started = join(dir, "started");
    const temporary = join(dir, "tmp");
    mkdirSync(temporary);
    for (const folder of [dir, temporary]) chmodSync(folder, 0o755);
    const main = writeSuite(`test("a", async () => {
    await Bun.write(${JSON.stringify(started)}, String(process.pid));
    await new Promise(() => {});
  }, 60_000);`);
    const { SLUICE_TEST_POSTGRES_URL: _, ...env } = process.env;
    const run = Bun.spawn([process.execPath, main, dir], {
      cwd: ROOT,
      env: { ...env, TMPDIR: temporary },
      stdio: ["ignore", "ignore", "ignore"],
    });
    // The file is there a moment before its text.
    while (readText(started) === "" && run.exitCode === null) await Bun.sleep(10);
    run.kill(signal);
    expect(await run.exited).not.toBe(0);
    expect(commandOf(readText(started))).toBe("");
    expect(readdirSync(temporary)).toEqual([]);
  },
  20_000,
);
