import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { z } from "zod";
import { type CliBench, PLACES, openCliBench } from "./cli-bench.ts";
import type { Ran } from "./demo-state.ts";

const Refusal = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});
type Refusal = z.output<typeof Refusal>["error"];

describe.each(PLACES)("through a %s", (place) => {
  let bench: CliBench;
  beforeAll(async () => {
    bench = await openCliBench(place);
    await bench.json("item", "add", "-t", "The only item", "-p", "app");
  });
  afterAll(() => bench[Symbol.dispose]());

  /** What the command refused with: one JSON object on stderr, nothing on stdout. */
  function refusalOf({ stdout, stderr }: Ran): Refusal {
    expect(stdout).toBe("");
    return Refusal.parse(JSON.parse(stderr)).error;
  }

  const Table = z.object({ name: z.string() });

  /** Every row of the workspace: what a refused write could have changed. */
  function everything(): unknown {
    using file = new Database(bench.workspace, { readonly: true });
    const names = file.query(
      // When a token was used last is no change of the workspace.
      "select name from sqlite_master where type = 'table' and name <> 'token' and sql not like '%virtual%' order by name",
    );
    return z
      .array(Table)
      .parse(names.all())
      .map(({ name }) => [name, file.query(`select * from "${name}"`).all()]);
  }

  /** Runs a command that must be refused, and sees that it changed nothing. */
  async function refused(argv: readonly string[], code: string, exit: number): Promise<Refusal> {
    const before = everything();
    const ran = await bench.sluice(...argv, "--json");
    expect([argv, ran.code]).toEqual([argv, exit]);
    const refusal = refusalOf(ran);
    expect(refusal.code).toBe(code);
    expect(refusal.message).not.toMatch(/sqlite|select |insert |\.ts:\d/i);
    expect(everything()).toEqual(before);
    return refusal;
  }

  const TITLE = ["item", "add", "-p", "app", "-t"];

  test.each([
    ["an escape sequence", [...TITLE, "red \u001B[31m"], "title"],
    ["a newline", [...TITLE, "two\nlines"], "title"],
    ["nothing but spaces", [...TITLE, "   "], "title"],
    ["nothing that can be seen", [...TITLE, "\u200B\u2060"], "title"],
    ["501 characters", [...TITLE, "x".repeat(501)], "title"],
    ["a priority that is none", [...TITLE, "Fine", "--priority", "P9"], "priority"],
    ["a limit above the most", ["item", "list", "--limit", "100000"], "limit"],
    ["a ref that overflows", ["item", "show", "OB-99999999999999999999"], "ref"],
    ["a ref that is none", ["item", "show", "; DROP TABLE item"], "ref"],
    ["a ref with a command in it", ["item", "show", "$(rm -rf /)"], "ref"],
  ] as const)("%s is refused by field, value and what is accepted", async (_, argv, field) => {
    const { message, details } = await refused([...argv], "invalid", 2);
    expect(details?.["field"]).toBe(field === "ref" ? field : `--${field}`);
    expect(message).toMatch(/expected|needs|must/);
  });

  test.each([
    ["an unknown flag", ["item", "list", "--lanes", "x"]],
    ["an unknown command", ["item", "remove", "OB-1"]],
    ["a value that looks like a flag", ["item", "add", "-p", "app", "-t", "--json"]],
    ["a missing value", ["item", "add", "-p", "app", "--title"]],
  ] as const)("%s is refused", async (_, argv) => {
    await refused([...argv], "invalid", 2);
  });

  test("an unknown ref suggests near ones", async () => {
    const { message, hint } = await refused(["item", "show", "OB-2"], "not_found", 3);
    expect(message).toContain("OB-2");
    expect(hint).toContain("OB-1");
  });

  test("DE14 text that means something to a shell or to SQL is text", async () => {
    const titles = [
      "'); DROP TABLE item; --",
      "$(touch pwned) `touch pwned` ; touch pwned",
      "-rf --no-preserve",
    ];
    for (const title of titles) {
      const added = z.object({ item: z.object({ title: z.string() }) });
      expect(added.parse(await bench.json(...TITLE.slice(0, -1), `--title=${title}`)).item.title).toBe(title);
    }
    await bench.json("propose", "-p", "app", "-t", titles[0] ?? "");
    for (const query of [...titles, '"', "inject*", "(", "a AND", "*"])
      expect((await bench.sluice("item", "list", `--search=${query}`, "--json")).code).toBeOneOf([0, 2]);
    expect(existsSync(join(bench.repository, "pwned"))).toBe(false);
  });

  test("a body of 1 MiB is kept, a longer one is refused", async () => {
    const args = [...TITLE, "Long", "--body-file", "-", "--json"];
    expect((await bench.call(args, { stdin: "y".repeat(1_048_576) })).code).toBe(0);
    const before = everything();
    const ran = await bench.call(args, { stdin: "y".repeat(1_048_577) });
    expect([ran.code, refusalOf(ran).details?.["field"]]).toEqual([2, "--body"]);
    expect(everything()).toEqual(before);
  });

  test.each([
    [
      "no UTF-8",
      new Uint8Array([0x23, 0x20, 0x54, 0x0a, 0x0a, 0x2d, 0x20, 0x5b, 0x20, 0x5d, 0x20, 0xff, 0xfe]),
    ],
    ["a code fence that is never closed", "# TODO\n\n- [ ] One\n\n```\nnever closed\n"],
    ["markers of a conflict", "# TODO\n\n<<<<<<< HEAD\n- [ ] One\n=======\n- [ ] Two\n>>>>>>> other\n"],
  ])("a TODO.md with %s is reported by line, and nothing of it is imported", async (_, bytes) => {
    bench.write("good.md", "# TODO\n\n- [ ] This one is good\n");
    bench.write("bad.md", bytes);
    const { details, message } = await refused(["todo", "import", "good.md", "bad.md"], "invalid", 2);
    expect(`${message} ${JSON.stringify(details)}`).toMatch(/bad\.md/);
    expect(`${message} ${JSON.stringify(details)}`).toMatch(/line|:\d/);
  });

  test.each([
    ["repo add ../../..", ["repo", "add", "../../..", "-p", "app"]],
    ["repo add a path with a newline", ["repo", "add", "not\nhere", "-p", "app"]],
    ["import of a file that is not there", ["todo", "import", "../nowhere/TODO.md"]],
  ] as const)("%s is refused, and the path is named", async (_, argv) => {
    const before = everything();
    const ran = await bench.sluice(...argv, "--json");
    expect(ran.code).toBeOneOf([2, 3]);
    refusalOf(ran);
    expect(everything()).toEqual(before);
  });

  test("a workspace that does not exist is an error, and none is made", async () => {
    const place = join(bench.home, "mistyped.db");
    const ran = await bench.call(["item", "list", "--json"], { env: { SLUICE_WORKSPACE: place } });
    expect([ran.code, refusalOf(ran).code]).toEqual([3, "not_found"]);
    expect(existsSync(place)).toBe(false);
  });

  test("a file that is no database is refused with what to do, and stays as it is", async () => {
    const place = join(bench.home, "corrupt.db");
    writeFileSync(place, "This is no database, whatever its name says.\n".repeat(100));
    const before = readFileSync(place);
    const ran = await bench.call(["item", "list", "--json"], { env: { SLUICE_WORKSPACE: place } });
    expect(ran.code).toBeGreaterThan(0);
    const { code, hint } = refusalOf(ran);
    expect([code === "internal", hint === undefined]).toEqual([false, false]);
    expect(readFileSync(place)).toEqual(before);
  });

  test("a workspace of a newer version is refused with what to do, and stays as it is", async () => {
    const place = join(bench.home, "newer.db");
    {
      using source = new Database(bench.workspace);
      source.run("vacuum into ?", [place]);
      using newer = new Database(place);
      newer.run("pragma user_version = 9999");
    }
    const before = readFileSync(place);
    const ran = await bench.call(["item", "list", "--json"], { env: { SLUICE_WORKSPACE: place } });
    expect(ran.code).toBeGreaterThan(0);
    const { code, message, hint } = refusalOf(ran);
    expect(code).not.toBe("internal");
    expect(`${message} ${hint}`).toMatch(/newer/);
    expect(readFileSync(place)).toEqual(before);
  });

  test("a repository that vanished is shown as missing and does not stop the rest", async () => {
    const { sluice } = bench;
    await bench.json("project", "add", "Gone", "--alias", "gone");
    const dir = join(bench.home, "gone");
    await bench.git("clone", "--quiet", bench.repository, dir);
    await bench.json("repo", "add", dir, "-p", "gone");
    rmSync(dir, { recursive: true, force: true });
    const repos = z.object({ repos: z.array(z.object({ alias: z.string(), missing: z.boolean() })) });
    const listed = repos.parse(await bench.json("repo", "list")).repos;
    expect(Object.fromEntries(listed.map(({ alias, missing }) => [alias, missing]))).toEqual({
      app: false,
      gone: true,
    });
    const scanned = await sluice("git", "scan", "--json");
    expect(scanned.code).toBe(0);
    expect(scanned.stdout).toContain('"app"');
  });
});
