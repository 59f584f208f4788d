import { describe, expect, test } from "bun:test";
import { checkTodo } from "#formats/todo-md/todo-findings.ts";
import { parseTodo } from "#formats/todo-md/parse-todo.ts";
import { toCandidate } from "#formats/todo-md/to-candidate.ts";

const FULL =
  "**Status:** open (captured 2026-05-01)\n\n**Trigger:** soon\n\n**Steps:**\n1. a\n\n**Risks:** none\n";

function candidate(text: string) {
  const [item] = parseTodo(text).items;
  if (item === undefined) throw new Error("no item");
  return toCandidate(item, "docs/TODO.md");
}

describe("checking", () => {
  test("TM18 finds nothing in a full item, nor in one that is done", () => {
    expect(checkTodo(parseTodo(`## A\n\n${FULL}\n## B\n\n**Status:** done\n\n- x\n`))).toEqual([]);
  });

  test("TM18 names what an item lacks, by line, and what to write", () => {
    const findings = checkTodo(parseTodo(`## A\n\n${FULL}\n## B\n\n**Trigger:** TBD\n\n**Risks:** ...\n`));
    expect(findings.map(({ line, key, field, level }) => [line, key, field, level])).toEqual([
      [12, "b", "status", "missing"],
      [12, "b", "trigger", "missing"],
      [12, "b", "steps", "missing"],
      [12, "b", "risks", "missing"],
    ]);
    for (const { message } of findings) expect(message).toMatch(/^"B" has no .+\. Write /);
  });

  test("TM18 asks for a day of capture and a known status word", () => {
    const findings = checkTodo(
      parseTodo(`## A\n\n${FULL.replace("open (captured 2026-05-01)", "whatever")}`),
    );
    expect(findings.map(({ field, level }) => [field, level])).toEqual([
      ["status", "advice"],
      ["captured", "missing"],
    ]);
  });

  test("TM18 passes the problems of a file on", () => {
    expect(checkTodo(parseTodo("text"))).toMatchObject([{ line: 1, field: "file", level: "error" }]);
  });
});

describe("proposing", () => {
  test("TM19 gives spec, body, provenance and labels", () => {
    const text = `## Auth\n\n### Fix it\n\nIt breaks.\n\n${FULL}\n**Why:** x\n\n**Done when:**\n- green\n\n#### Links\n\nhere\n`;
    expect(candidate(text)).toMatchObject({
      title: "Fix it",
      spec: {
        problem: "It breaks.",
        trigger: "soon",
        steps: [{ text: "a", optional: false }],
        risks: ["none"],
        why: "x",
        acceptance: ["green"],
      },
      body: "## Links\n\nhere",
      externalRef: { system: "todo-md", key: "docs/TODO.md#fix-it" },
      provenance: { path: "docs/TODO.md", line: 3 },
      capturedOn: "2026-05-01",
      labels: ["Auth"],
      done: false,
    });
  });

  test("TM19 gives a fingerprint that layout does not change and words do", () => {
    const one = candidate("## Fix it\n\nIt breaks.\n\n**Status:** open\n\n1. a\n").fingerprint;
    const other = candidate("### Fix  IT\n\n#### Steps\n- a\n\n#### Problem\nIt\nbreaks.\n").fingerprint;
    expect(one).toMatch(/^[0-9a-f]{64}$/);
    expect(other).toBe(one);
    expect(candidate("## Fix it\n\nIt breaks.\n\n**Status:** open\n\n1. b\n").fingerprint).not.toBe(one);
  });

  test.each([
    "- [x] a\n",
    "## ~~a~~\n\n**Status:** open\n",
    "## a\n\n**Status:** dropped\n",
    "## [x] a\n\n**Why:** b\n",
  ])("TM20 reports %j as done", (text) => {
    expect(candidate(text)).toMatchObject({ title: "a", done: true });
  });
});
