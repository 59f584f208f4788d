import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { openCliBench } from "../e2e/cli-bench.ts";
import { shown } from "#test/shown.ts";

const SECRET = "sk-1234567890";

test("DU56 the text comes from a file or the standard input, and no refusal repeats it", async () => {
  using bench = await openCliBench();
  const file = join(bench.home, "leaked.txt");
  writeFileSync(file, `${SECRET}\n`);
  await bench.json("item", "add", "-t", `Use ${SECRET}`);
  await bench.json("item", "add", "-t", `Or ${SECRET}`);
  const words = ["log", "redact", "--reason", "Pasted"];
  const found = { entries: 1, archived: 0, texts: 1 };
  expect(await bench.json(...words, "OB-1", "--text-file", file, "--dry-run")).toEqual({
    ...found,
    dry_run: true,
  });
  const asked = await bench.call([...words, "--text-file", file, "--json"], {});
  expect(asked.code).toBe(2);
  expect(asked.stderr).toContain("--yes");
  expect(await bench.json(...words, "OB-1", "--text-file", file, "--yes")).toEqual({
    ...found,
    dry_run: false,
  });
  const piped = await bench.call([...words, "--text-file", "-", "--yes", "--json"], { stdin: `${SECRET}\n` });
  expect(JSON.parse(piped.stdout)).toMatchObject(found);
  const log = await bench.call(["log", "--json"], {});
  expect(log.stdout).not.toContain(SECRET);
  expect(log.stdout).toContain('"redacted_at"');
  for (const [text, reason] of [
    ["abc", "Short"],
    [SECRET, `It was ${SECRET}`],
    ["abc\n", "Short when the line's end is gone"],
  ] as const) {
    const { code, stderr } = await bench.call(
      ["log", "redact", "--reason", reason, "--text-file", "-", "--yes", "--json"],
      { stdin: text },
    );
    expect([code, stderr.includes(SECRET)]).toEqual([2, false]);
  }
}, 60_000);

test("DU56 the answer says where the text stood, and what keeps it", async () => {
  const found = { entries: 3, archived: 1, texts: 2 };
  expect(await shown("log.redact", { ...found, dry_run: true })).toBe(
    "It was found in 3 entries of the history, 1 of them archived, and 2 other texts. Nothing was changed.",
  );
  expect(await shown("log.redact", { ...found, dry_run: false })).toContain(
    "replace a secret that has leaked",
  );
  expect(await shown("log.redact", { entries: 0, archived: 0, texts: 0, dry_run: false })).toBe(
    "It was found nowhere.",
  );
});
