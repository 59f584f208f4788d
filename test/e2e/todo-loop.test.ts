import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { LETTERS } from "../../demo/letters.ts";
import { REMINDERS } from "../../demo/reminders.ts";
import { SHELF } from "../../demo/shelf.ts";
import { type CliBench, PLACES, openCliBench } from "./cli-bench.ts";

const Imported = z.object({
  imported: z.array(z.object({ candidate: z.string(), line: z.int() })),
  skipped: z.array(z.object({ reason: z.string() })),
});

const TODOS = [REMINDERS, SHELF, LETTERS].map(({ name, commits }) => {
  const text = commits.map(({ files }) => files["TODO.md"]).find((found) => found !== undefined);
  if (text === undefined) throw new Error(`${name} has no TODO.md`);
  return { path: `${name}/TODO.md`, text };
});
const PATHS = TODOS.map(({ path }) => path);

describe.each(PLACES)("through a %s", (place) => {
  let bench: CliBench;
  let approved: readonly string[] = [];
  beforeAll(async () => {
    bench = await openCliBench(place);
    for (const { path, text } of TODOS) bench.write(path, text);
  });
  afterAll(() => bench[Symbol.dispose]());

  const texts = () => PATHS.map((path) => readFileSync(`${bench.repository}/${path}`, "utf8"));

  test("an import files each open item once, however often it is made", async () => {
    const first = Imported.parse(await bench.json("todo", "import", ...PATHS));
    expect(first.imported).toHaveLength(7);
    expect(first.skipped.map(({ reason }) => reason)).toEqual(["done"]);
    const again = Imported.parse(await bench.json("todo", "import", ...PATHS));
    expect(again.imported).toEqual([]);
    expect(again.skipped.filter(({ reason }) => reason === "known")).toHaveLength(7);
    approved = first.imported.map(({ candidate }) => candidate);
    await bench.json("gate", "approve", ...approved);
    expect(Imported.parse(await bench.json("todo", "import", ...PATHS)).imported).toEqual([]);
  });

  test("an export of what nobody edited leaves every byte as it was", async () => {
    await bench.json("todo", "export", "--no-refs", ...PATHS);
    expect(texts()).toEqual(TODOS.map(({ text }) => text));
  });

  test("refs are written once, on the lines of the titles, and change nothing else", async () => {
    await bench.json("todo", "export", ...PATHS);
    const written = texts();
    const withoutRefs = written.map((text) => text.replaceAll(/ <!-- sluice:OB-\d+ [^ ]+ -->/g, ""));
    expect(withoutRefs).toEqual(TODOS.map(({ text }) => text));
    expect(written.join("").match(/<!-- sluice:/g)).toHaveLength(7);
    await bench.json("todo", "export", ...PATHS);
    expect(texts()).toEqual(written);
    expect(Imported.parse(await bench.json("todo", "import", ...PATHS)).imported).toEqual([]);
  });

  test("after one edit only the lines of that item differ", async () => {
    const before = texts();
    await bench.json("item", "edit", "OB-2", "--why", "Two readers asked on the same day");
    await bench.json("todo", "export", ...PATHS);
    const after = texts();
    expect(after.slice(1)).toEqual(before.slice(1));
    const [old = "", fresh = ""] = [before[0], after[0]];
    const changed = old.split("\n").flatMap((line, at) => (fresh.split("\n")[at] === line ? [] : [line]));
    expect(changed).toEqual(["**Why:** Readers with two books ask which one is meant."]);
    expect(fresh).toContain("**Why:** Two readers asked on the same day");
  });
});

test("OP44 a check needs no workspace, and ends with 1 where an import would lose something", async () => {
  using bench = await openCliBench();
  const alone = { env: { SLUICE_WORKSPACE: "" }, cwd: bench.home };
  bench.write("../TODO.md", "# TODO\n\n- sweep the yard\n");
  const fine = await bench.call(["todo", "check", "TODO.md"], alone);
  expect(fine.stdout).toContain("1 item without a trigger");
  expect(fine.code).toBe(0);
  bench.write("../TODO.md", `# TODO\n\n- sweep the yard\n- ${"x".repeat(501)}\n`);
  const lossy = await bench.call(["todo", "check", "TODO.md"], alone);
  expect(lossy.stdout).toContain("The title of line 4");
  expect(lossy.code).toBe(1);
  expect((await bench.call(["todo", "import", "TODO.md"], alone)).code).toBe(3);
});
