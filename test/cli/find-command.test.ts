import { describe, expect, test } from "bun:test";
import { ELSEWHERE, findCommand, unknownCommand } from "#cli/command-line.ts";
import { COMMAND_TABLE } from "#cli/command-table.ts";
import { SAMPLE_OPERATIONS } from "./sample-operations.ts";
import { inputOf, run, SAMPLE_TABLE } from "./run-sample.ts";

describe("finding the command", () => {
  test("CM1 an operation's words are its command, task is item, bare is status", async () => {
    expect(await inputOf(["item", "add", "-t", "x"])).toMatchObject({ title: "x" });
    expect((await run(["task", "list", "--json"])).code).toBe(0);
    expect((await run([])).stdout).toStartWith("Needs you");
    expect((await run(["--json"])).stdout).toContain('"needs_you"');
  });

  test("CM1 without a status operation bare shows help", async () => {
    const { status: _, ...operations } = SAMPLE_OPERATIONS;
    const ran = await run([], { operations });
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("Usage: sluice");
  });

  test("CM2 global flags stand before, between and after the words", async () => {
    for (const argv of [
      ["--json", "-w", "a.db", "item", "list"],
      ["item", "--json", "--workspace=a.db", "list"],
      ["item", "list", "-w", "a.db", "--json"],
    ]) {
      const ran = await run(argv);
      expect(ran.code).toBe(0);
      expect(ran.opened[0]).toMatchObject({ json: true, workspace: "a.db" });
    }
    expect((await run(["item", "list", "--", "--json"])).code).toBe(2);
  });

  test("CM3 unknown words are refused with near ones, a noun alone with its verbs", async () => {
    const unknown = await run(["itme", "list"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toBe('error: "sluice itme" is not a command\nhint: Did you mean sluice item?\n');
    expect((await run(["item", "lsit"])).stderr).toContain("Did you mean sluice item list?");
    expect((await run(["item"])).stderr).toContain("needs one more word\nhint: Add one of add, drop, list");
    expect((await run(["qqqqqq"])).stderr).toContain("Run sluice --help to see the commands");
  });

  test("only the operation that is called is loaded", async () => {
    const loaded: string[] = [];
    const operations = Object.fromEntries(
      Object.entries(SAMPLE_OPERATIONS).map(([name, load]) => [
        name,
        () => {
          loaded.push(name);
          return load();
        },
      ]),
    );
    await run(["item", "list", "--json"], { operations, table: await SAMPLE_TABLE });
    expect(loaded).toEqual(["item.list"]);
  });

  test("the version is printed alone", async () => {
    expect(await run(["--version"])).toMatchObject({ code: 0, stdout: "1.2.3\n", stderr: "", opened: [] });
  });
});

test("CM4 a short verb is the command that the first ref's kind gives it, with its own flags and help", () => {
  const pathOf = (line: string) => findCommand(line.split(" "), COMMAND_TABLE, 0).path;
  const meant = {
    "add -t x": "item add",
    "--json list": "item list",
    "show OB-5": "item show",
    "show 5": "item show",
    "show --json c-7": "gate show",
    "show R-3": "run show",
    "approve C-1..C-9": "gate approve",
    "approve OB-5": "verify",
    "done OB-5": "item close",
    "drop OB-5": "item drop",
    "drop C-5": "gate reject",
    "edit R-3": "item edit",
  };
  expect(Object.fromEntries(Object.keys(meant).map((line) => [line, pathOf(line)]))).toEqual(meant);
});

test("CM3 a word that other trackers use, or that ends a command, names the command", () => {
  const hintOf = (word: string) => unknownCommand(COMMAND_TABLE, "", word).hint;
  expect(hintOf("create")).toBe("Did you mean sluice item add?");
  expect(hintOf("ready")).toBe("Did you mean sluice next?");
  expect(hintOf("snooze")).toBe("Did you mean sluice item snooze?");
  expect(hintOf("constructor")).toBe("Run sluice --help to see the commands");
  for (const words of Object.values(ELSEWHERE))
    expect(findCommand(words.split(" "), COMMAND_TABLE, 0).path).not.toBe("");
});

test("CM7 doctor --fix is the command of that name", () => {
  const found = findCommand(["--json", "doctor", "--fix", "--apply"], COMMAND_TABLE, 0);
  expect([found.path, found.rest]).toEqual(["doctor fix", ["--apply"]]);
  expect(findCommand(["doctor", "--deep"], COMMAND_TABLE, 0).rest).toEqual(["--deep"]);
});
