import { describe, expect, test } from "bun:test";
import { todoFormat } from "#formats/todo-md/markdown-format.ts";
import type { TodoEntry } from "#operations/ports/todo-format.ts";

const FULL =
  "**Status:** open (captured 2026-05-01)\n\n**Trigger:** soon\n\n**Steps:**\n1. a\n\n**Risks:** none\n";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string) => todoFormat.read(bytes(text), []);
const check = (text: string) => todoFormat.check(read(text));
const fix = (text: string) => new TextDecoder().decode(todoFormat.fix(bytes(text)));

function only(text: string): TodoEntry {
  const [item] = read(text).entries;
  if (item === undefined) throw new Error("no item");
  return item;
}

describe("checking", () => {
  test("TM18 finds nothing in a full item, nor in one that is done", () => {
    expect(check(`## A\n\n${FULL}\n## B\n\n**Status:** done\n\n- x\n`)).toEqual([]);
  });

  test("TM18 names once for each kind what items lack, by line, and what to write", () => {
    const findings = check(
      `## A\n\n${FULL}\n## B\n\n**Trigger:** TBD\n\n**Risks:** ...\n\n## C\n\n${FULL.slice(40)}`,
    );
    expect(findings.map(({ lines, field, level }) => [lines, field, level])).toEqual([
      [[12, 18], "status", "missing"],
      [[12], "trigger", "missing"],
      [[12], "steps", "missing"],
      [[12], "risks", "missing"],
    ]);
    expect(findings[0]?.message).toStartWith("2 items without a status (lines 12, 18). Write ");
    for (const { message } of findings) expect(message).toMatch(/^\d items? without .+\. Write /);
  });

  test("TM18 asks for a day of capture and a known status word", () => {
    const findings = check(`## A\n\n${FULL.replace("open (captured 2026-05-01)", "whatever")}`);
    expect(findings.map(({ field, level }) => [field, level])).toEqual([
      ["status", "advice"],
      ["captured", "missing"],
    ]);
  });

  test("TM18 says what is lost, where nothing is found too, and counts the lines of no item", () => {
    expect(check("text\n")).toMatchObject([
      { line: 1, field: "file", level: "error" },
      { line: 1, level: "advice", message: "1 line belongs to no item (line 1)." },
    ]);
    expect(check(`Some words.\n\n## A\n\n${FULL}\n## B\u0007\n\n${FULL}`)).toMatchObject([
      { line: 14, level: "error" },
      { lines: [1, 14, 16, 18, 20, 23], level: "advice" },
    ]);
  });
});

describe("fixing", () => {
  test.each([
    ["-[ ] a\n-[x] b\n", "- [ ] a\n- [x] b\n"],
    ["- [] a\n- [ ]b\n", "- [ ] a\n- [ ] b\n"],
    ["- [ ] a\u0007b\r\n", "- [ ] ab\r\n"],
    ["- a <!-- sluice:OB-1 a -->\n- b <!-- sluice:OB-1 a -->\n", "- a <!-- sluice:OB-1 a -->\n- b \n"],
    [
      `- ${"word ".repeat(90)}end. ${"more ".repeat(20)}\n`,
      `- ${"word ".repeat(90)}end.\n\n  ${"more ".repeat(20)}\n`,
    ],
    [`## ${"word ".repeat(101)}\n\n**Why:** x\n`, `## ${"word ".repeat(99)}word\n\nword \n\n**Why:** x\n`],
  ])("TM37 mends %j", (before, after) => {
    expect(fix(before)).toBe(after);
    expect(read(after).refused).toEqual([]);
    expect(fix(after)).toBe(after);
  });

  test("TM37 leaves alone what is code, and a file that cannot be read", () => {
    for (const text of ["- a\n\n```\n-[ ] b\n```\n", "- a\u0007\n\n```\n"]) expect(fix(text)).toBe(text);
  });
});

describe("proposing", () => {
  test("gives spec, body, lines and groups", () => {
    const text = `## Auth\n\n### Fix it\n\nIt breaks.\n\n${FULL}\n**Why:** x\n\n**Done when:**\n- green\n\n#### Links\n\nhere\n`;
    expect(only(text)).toMatchObject({
      key: "fix-it",
      title: "Fix it",
      spec: {
        problem: "It breaks.",
        trigger: "soon",
        steps: [{ text: "a", optional: false }],
        risks: ["none"],
        why: "x",
        acceptance: ["green"],
        body: "## Links\n\nhere",
      },
      line: 3,
      capturedOn: "2026-05-01",
      groups: ["Auth"],
      done: false,
    });
  });

  test("gives the same words whatever the layout", () => {
    const { title, spec } = only("## Fix it\n\nIt breaks.\n\n**Status:** open\n\n1. a\n");
    const other = only("### Fix  it\n\n#### Steps\n- a\n\n#### Problem\nIt breaks.\n");
    expect([other.title.replaceAll("  ", " "), other.spec]).toEqual([title, spec]);
  });

  test.each([
    "- [x] a\n",
    "- [-] a\n",
    "- ~~a~~\n",
    "## ~~a~~\n\n**Status:** open\n",
    "## a\n\n**Status:** dropped\n",
    "## [x] a\n\n**Why:** b\n",
    "## Done\n\n- [ ] a\n",
  ])("reports %j as done", (text) => {
    expect(only(text)).toMatchObject({ title: "a", done: true });
  });
});
