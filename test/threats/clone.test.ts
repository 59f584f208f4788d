import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withAttempts } from "../../scripts/attempts-tables.ts";
import { atTerminal } from "#test/terminal.ts";
import { openCliBench } from "../e2e/cli-bench.ts";

const ROOT = join(import.meta.dir, "..", "..");
const SLUICE = join(ROOT, "bin", "sluice");

test("TH9 a workspace that came with a clone is not used until it is trusted", async () => {
  using bench = await openCliBench();
  const maker = { SLUICE_WORKSPACE: "", SLUICE_STATE_DIR: join(bench.home, "maker") };
  const reader = { SLUICE_WORKSPACE: "", SLUICE_STATE_DIR: join(bench.home, "reader") };
  const call = (env: typeof maker, ...args: readonly string[]) => bench.call(args, { env });
  expect((await call(maker, "init")).code).toBe(0);
  expect((await call(maker, "project", "add", "Theirs", "--alias", "theirs")).code).toBe(0);
  for (const args of [["project", "list"], ["status"], ["next"], ["item", "add", "-t", "In"]]) {
    const { code, stdout, stderr } = await call(reader, ...args);
    expect([code, stdout]).toEqual([6, ""]);
    expect(stderr).toContain("sluice trust");
    expect(stderr).not.toContain("theirs");
  }
  const place = { cwd: bench.repository, env: { ...bench.env, ...reader } };
  expect((await call(reader, "trust")).code).toBe(6);
  expect(atTerminal(`${SLUICE} trust`, place).code).toBe(0);
  expect((await call(reader, "project", "list")).stdout).toContain("theirs");
});

test("TH10 each rule that SECURITY.md names is there", () => {
  const folder = join(ROOT, "docs", "spec");
  const rules = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const known = new Set(
    rules.flatMap((text) => [...text.matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm)].map(([, id]) => id)),
  );
  const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  const named = [...page.matchAll(/\b[A-Z]{2}\d+\b/g)].map(([id]) => id);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((id) => !known.has(id))).toEqual([]);
});

test("TH21 the tables of attempts in SECURITY.md are made of what the tests try", () => {
  const page = readFileSync(join(ROOT, "SECURITY.md"), "utf8");
  expect(page).toBe(withAttempts(page));
  expect(page.match(/ (?:refused|contained|possible) +\|\n/g)?.length).toBeGreaterThanOrEqual(60);
});
