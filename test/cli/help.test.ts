import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { commandTableText } from "../../scripts/make-command-table.ts";
import { run } from "./run-sample.ts";

const ITEM_ADD = `Add an item.

Usage: sluice item add -t TEXT [FLAGS]

An agent's item becomes a candidate.

Flags:
  -t, --title TEXT                What to do (required)
      --body TEXT | --body-file FILE
                                  Free text (FILE may be -, standard input)
      --lane TEXT                 Lane it starts in (default: requires_triage)
      --kind code|research        What it asks for (default: code)
      --label TEXT                Label to carry (repeatable)
      --step TEXT                 (repeatable)
      --if-version NUMBER         Only when it is at this version
      --hold                      Hold it back until its trigger fires
      --no-notify                 Tell who follows it (default: on)
  -p, --project TEXT              Alias of its project

Examples:
  sluice item add -t "Fix the login"
      Adds an item to triage

sluice --help lists the flags of every command (--json, --project, …).
`;

const ITEM_DROP = `Drop an item.

Usage: sluice item drop REF --reason TEXT [FLAGS]

Words:
  REF  (required)

Flags:
      --reason TEXT  (required)
      --dry-run
      --yes          Do not ask for confirmation

Examples:
  sluice item drop OB-1 --reason dup
      Drops it

sluice --help lists the flags of every command (--json, --project, …).
`;

const ITEM = `Usage: sluice item COMMAND

Commands:
  item add   Add an item.
  item drop  Drop an item.
  item list  List items.

sluice item COMMAND --help shows more.
`;

describe("help", () => {
  test("CM70 a command shows every flag, default, value and example", async () => {
    expect((await run(["item", "add", "--help"])).stdout).toBe(ITEM_ADD);
    expect((await run(["help", "item", "add"])).stdout).toBe(ITEM_ADD);
    expect((await run(["item", "drop", "-h"])).stdout).toBe(ITEM_DROP);
    expect((await run(["claim", "--help"])).stdout).toContain(
      "--ttl DURATION  Length of the lease (default: 15m)",
    );
    expect((await run(["claim", "--help"])).stdout).toContain("Usage: sluice claim [REF] [FLAGS]");
    expect((await run(["finish", "--help"])).stdout).toContain("Usage: sluice finish [LEASE] [FLAGS]");
  });

  test("CM70 a noun shows its verbs, the whole shows commands by task, then the rest", async () => {
    expect((await run(["item", "--help"])).stdout).toBe(ITEM);
    expect((await run(["help", "task"])).stdout).toBe(ITEM);
    const { stdout } = await run(["--help"]);
    expect(stdout.indexOf("  status ")).toBeLessThan(stdout.indexOf("  claim "));
    expect(stdout).toMatch(/\nWork as an agent:\n {2}claim .*\n {2}finish /);
    expect(stdout).toMatch(/\nThe rest:\n {2}item +drop\n/);
    expect(stdout).toContain("-w, --workspace TEXT");
    expect((await run(["help", "itme"])).stderr).toContain("Did you mean sluice item?");
  });

  test("help comes before errors, but not after two dashes", async () => {
    expect(await run(["item", "add", "--nonsense", "--help"])).toMatchObject({
      code: 0,
      stdout: ITEM_ADD,
      opened: [],
    });
    expect((await run(["claim", "--", "--help"])).stdout).not.toContain("Usage");
  });
});

const SRC = join(import.meta.dir, "../../src");

test("the table of commands is what their schemas say; after a change run npm run docs", async () => {
  expect(await Bun.file(join(SRC, "cli/command-table.ts")).text()).toBe(await commandTableText());
});

/** A file and all that it loads with it, packages by their name. */
async function loadedBy(...files: readonly string[]): Promise<readonly string[]> {
  const graph = new Bun.Transpiler({ loader: "ts" });
  const seen = new Set<string>();
  const walk = async (file: string): Promise<void> => {
    if (seen.has(file)) return;
    seen.add(file);
    const imports = graph.scanImports(await Bun.file(file).text());
    for (const { kind, path } of imports)
      if (kind === "import-statement" && /^[.#]/.test(path) && path.endsWith(".ts"))
        await walk(Bun.resolveSync(path, join(file, "..")));
      else if (kind === "import-statement") seen.add(path);
  };
  for (const file of files) await walk(join(SRC, file));
  return [...seen];
}

test("what starts first imports no schemas and no database", async () => {
  const loaded = await loadedBy("main.ts", "cli/help/help-text.ts");
  expect(loaded).toContain(join(SRC, "cli/command-table.ts"));
  expect(loaded.filter((one) => /^(zod|kysely|bun:sqlite|node:tty)/.test(one))).toEqual([]);
});

test("what shows an answer imports no operation and no package", async () => {
  const loaded = await loadedBy("cli/present/show-answer.ts", "cli/present/presenters.ts");
  expect(loaded).toContain(join(SRC, "cli/present/lists.ts"));
  const others = [join(SRC, "cli"), join(SRC, "domain/text")];
  expect(loaded.filter((one) => !others.some((folder) => one.startsWith(folder)))).toEqual([]);
});
