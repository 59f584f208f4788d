import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { checkTodo } from "#formats/todo-md/todo-findings.ts";
import { parseTodo } from "#formats/todo-md/parse-todo.ts";
import { renderTodo } from "#formats/todo-md/render-todo.ts";
import { todoPhrase } from "./todo-documents.ts";

const FULL = {
  title: "Fix the login",
  ref: "OB-12",
  key: "fix-the-login",
  status: "open (captured 2026-05-01)",
  trigger: "when a user reports it",
  problem: "It fails.\n\nTwice.",
  steps: [
    { text: "Read\n\n```\ncode\n```", optional: false },
    { text: "Write", optional: true, done: true },
  ],
  risks: [{ text: "Old cookies", mitigation: "expire them" }],
  why: "Users leave.",
  acceptance: ["green"],
  sections: [{ heading: "Links", markdown: "- here" }],
};

describe("rendering", () => {
  test("TM27 writes items that read back whole and lack nothing", () => {
    const parsed = parseTodo(renderTodo([FULL, { ...FULL, title: "B", ref: "OB-13", key: "b" }]));
    const { status, ...rest } = FULL;
    expect(parsed.problems).toEqual([]);
    expect(parsed.items[0]).toMatchObject({ ...rest, status: { text: status, capturedOn: "2026-05-01" } });
    expect(parsed.items).toHaveLength(2);
    expect(checkTodo(parsed)).toEqual([]);
  });

  test("TM27 quotes text that would change the structure", () => {
    const why = "x\n\n## Evil\n\n**Status:** done\n\n```\nopen";
    const { items } = parseTodo(
      renderTodo([{ title: "A", why, sections: [{ heading: "", markdown: "# Big" }] }, { title: "B" }]),
    );
    expect(items.map((item) => [item.title, item.status?.word])).toEqual([
      ["A", "open"],
      ["B", "open"],
    ]);
    expect(items[0]?.why).toContain("> ## Evil");
    expect(items[0]?.sections).toEqual([{ heading: "Notes", markdown: "> # Big" }]);
  });

  test("TM27 refuses a title that cannot be read back", () => {
    expect(() => renderTodo([{ title: "A" }, { title: "<!-- -->" }])).toThrow(/cannot be written/);
  });

  test("TM27 gives one item for each, whatever the text", () => {
    const prose = fc.array(
      fc.constantFrom(
        "## x",
        "**Why:** y",
        "```",
        "<!--",
        "---",
        "- a",
        "1. b",
        "> c",
        "text",
        "",
        "===",
        "    d",
        "<div>",
      ),
      { maxLength: 6 },
    );
    const value = prose.map((rows) => rows.join("\n"));
    const item = fc.record({
      title: todoPhrase.map((words) => `Do ${words}.`),
      trigger: value,
      problem: value,
      why: value,
      steps: fc.array(fc.record({ text: value, optional: fc.boolean() })),
    });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 3 }), (items) => {
        const parsed = parseTodo(renderTodo(items));
        expect(parsed.items.map((read) => [read.title, read.status?.text])).toEqual(
          items.map(({ title }) => [title, "open"]),
        );
      }),
      { numRuns: 80 },
    );
  }, 30_000);
});
