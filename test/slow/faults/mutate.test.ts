import { expect, test } from "bun:test";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../../..");

test("FM2 each fault that is planted in the product turns the tests that should see it red", async () => {
  const run = Bun.spawn([process.execPath, join(ROOT, "scripts/mutate.ts")], {
    cwd: ROOT,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const table = await new Response(run.stdout).text();
  console.error(table);
  expect(table.trimEnd().split("\n").at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
  expect(await run.exited).toBe(0);
}, 600_000);
