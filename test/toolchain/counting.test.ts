import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

/** Runs a suite that holds one test file with this text, as the test commands do; a database is not what it is about. */
async function countSuite(source: string) {
  const file = join(dir, "planted.test.ts");
  const main = join(dir, "suite.ts");
  writeFileSync(file, `import { expect, test } from "bun:test";\n${source}`);
  writeFileSync(main, SUITE);
  const run = Bun.spawn([process.execPath, main, dir], {
    cwd: ROOT,
    env: { ...process.env, SLUICE_TEST_POSTGRES_URL: "postgres://unused.invalid/" },
    stdout: "pipe",
    stderr: "ignore",
  });
  const output = await new Response(run.stdout).text();
  await run.exited;
  return { outcome: readClosingLine(output), output };
}

test("TC6 the closing line is the last, and is read back", () => {
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

test("TC6 passed and failed tests are counted", async () => {
  const source = 'test("a", () => {});\ntest("b", () => {});\ntest("c", () => expect(1).toBe(2));\n';
  expect((await countSuite(source)).outcome).toEqual({ passed: 2, failed: 1 });
});

test.each([
  ["ends its process", 'test("a", () => process.exit(0));\n'],
  ["does not load", 'throw new Error("planted");\n'],
  ["holds no test", "void expect; void test;\n"],
])("TC7 a file that %s counts as failed", async (_, source) => {
  expect((await countSuite(source)).outcome).toEqual({ passed: 0, failed: 1 });
});

test("TC7 a file that does not load fails a run whose other tests pass", async () => {
  writeFileSync(join(dir, "passing.test.ts"), 'import { test } from "bun:test";\ntest("a", () => {});\n');
  const { outcome } = await countSuite('throw new Error("planted");\n');
  expect(outcome).toEqual({ passed: 1, failed: 1 });
});

test("TC8 a test that is skipped for no allowed reason counts as failed and is named", async () => {
  const { outcome, output } = await countSuite('test("a", () => {});\ntest.skip("b <1>", () => {});\n');
  expect(outcome).toEqual({ passed: 1, failed: 1 });
  expect(output).toContain("skipped: b <1>:");
});
