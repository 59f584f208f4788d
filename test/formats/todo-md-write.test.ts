import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SluiceError } from "#domain/errors.ts";
import { parseTodo } from "#formats/todo-md/parse-todo.ts";
import { toCandidate } from "#formats/todo-md/to-candidate.ts";
import type { TodoEdit } from "#formats/todo-md/todo-edit.ts";
import { writeTodo } from "#formats/todo-md/write-todo.ts";
import { todoDocument, todoPhrase } from "./todo-documents.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(data);
const write = (original: string, key: string, edit: TodoEdit): string =>
  text(writeTodo(bytes(original), new Map([[key, edit]])));

/** Properties run many documents; a busy machine needs more than the default of 5 s. */
const SLOW_MS = 30_000;

const step = fc.record({ text: todoPhrase, optional: fc.boolean() });
const anyEdit: fc.Arbitrary<TodoEdit> = fc.oneof(
  fc.record({ title: todoPhrase.map((words) => `New ${words}.`) }),
  fc.record({ done: fc.boolean() }),
  fc.record({ ref: fc.constant("OB-77") }),
  fc.record({
    status: fc.constantFrom(
      { word: "blocked" as const },
      { word: "done" as const },
      { text: "open (captured 2026-07-01)" },
    ),
  }),
  fc.record({ trigger: todoPhrase.map((words) => `when ${words}`) }),
  fc.record({ problem: todoPhrase.map((words) => `It ${words}`) }),
  fc.record({ why: todoPhrase.map((words) => `For ${words}\n\nand more`) }),
  fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 3 }) }),
  fc.record({
    risks: fc.array(
      todoPhrase.map((words) => ({ text: `It ${words}`, mitigation: "look" })),
      { minLength: 1, maxLength: 2 },
    ),
  }),
  fc.record({
    ref: fc.constant("OB-77"),
    title: fc.constant("Both"),
    trigger: fc.constant("soon"),
    steps: fc.constant([{ text: "only", optional: true }]),
  }),
);

describe("writing", () => {
  test(
    "TM21 gives back every document byte for byte",
    () => {
      fc.assert(
        fc.property(todoDocument, (document) => {
          expect(parseTodo(document).problems).toEqual([]);
          expect(text(writeTodo(bytes(document), new Map()))).toBe(document);
          const [item] = parseTodo(document).items;
          if (item !== undefined) expect(write(document, item.key, {})).toBe(document);
        }),
        { numRuns: 40 },
      );
    },
    SLOW_MS,
  );

  test(
    "TM22 TM23 changes only the item's lines, and reads back as meant",
    () => {
      fc.assert(
        fc.property(todoDocument, fc.nat(), anyEdit, (document, pick, edit) => {
          const before = parseTodo(document).items;
          const at = pick % before.length;
          const item = before[at];
          if (item === undefined) return;
          const written = write(document, item.key, edit);
          const lines = document.split("\n");
          const now = written.split("\n");
          const tail = lines.length - item.endLine;
          expect(now.slice(0, item.line - 1)).toEqual(lines.slice(0, item.line - 1));
          expect(now.slice(now.length - tail)).toEqual(lines.slice(lines.length - tail));
          if (document.includes("\r\n")) expect(written.replaceAll("\r\n", "")).not.toContain("\n");
          const after = parseTodo(written).items[at];
          if (edit.title !== undefined) expect(after?.title).toBe(edit.title);
          if (edit.trigger !== undefined) expect(after?.trigger).toBe(edit.trigger);
          if (edit.problem !== undefined) expect(after?.problem).toBe(edit.problem);
          if (edit.why !== undefined) expect(after?.why).toBe(edit.why);
          if (edit.ref !== undefined) expect(after?.ref).toBe(edit.ref);
          if (edit.steps !== undefined) expect(after?.steps).toEqual(edit.steps);
          if (edit.risks !== undefined) expect(after?.risks).toEqual(edit.risks);
          if (edit.done !== undefined) expect(after?.done).toBe(edit.done);
        }),
        { numRuns: 120 },
      );
    },
    SLOW_MS,
  );

  test.each([
    [
      "## A\n\n**Status:** open\n\n## B\n\n**Why:** x\n",
      "## A\n\n**Status:** open\n\n**Trigger:** now\n\n## B\n\n**Why:** x\n",
    ],
    ["## A\nStatus: open\n", "## A\nStatus: open\n\nTrigger: now\n"],
    [
      "## A\n- **Status:** open\n- **Why:** x\n",
      "## A\n- **Status:** open\n- **Trigger:** now\n- **Why:** x\n",
    ],
    [
      "## A\n\n### Status\n\nopen\n\n### Why\n\nx",
      "## A\n\n### Status\n\nopen\n\n### Trigger\n\nnow\n\n### Why\n\nx",
    ],
    [
      "## A\n**Status:** open\n### Notes\nx\n",
      "## A\n**Status:** open\n\n**Trigger:** now\n\n### Notes\nx\n",
    ],
    ["- [ ] A\n- [ ] B\n", "- [ ] A\n  - **Trigger:** now\n- [ ] B\n"],
    ["## A\n\n**Trigger:**\n\n**Why:** x\n", "## A\n\n**Trigger:** now\n\n**Why:** x\n"],
  ])("TM23 writes a missing field into %j as the others are written", (before, after) => {
    expect(write(before, "a", { trigger: "now" })).toBe(after);
  });

  test("TM23 numbers steps that nothing but their boxes named as such", () => {
    const steps = [{ text: "x", optional: false }];
    expect(write("## A\n\n**Status:** open\n\n- [ ] old\n", "a", { steps })).toBe(
      "## A\n\n**Status:** open\n\n1. x\n",
    );
    expect(write("- [ ] A\n  - old\n", "a", { steps })).toBe("- [ ] A\n  - x\n");
  });

  test("TM24 keeps what stands behind the status word", () => {
    const file = "## A\n\n**Status:** Open (captured 2026-05-01) <!-- c -->\n";
    expect(write(file, "a", { status: { word: "done" } })).toBe(file.replace("Open", "Done"));
    expect(write(file, "a", { done: true })).toBe(file.replace("Open", "Done"));
  });

  test("TM24 sets checkbox and status together, and takes a strike away", () => {
    expect(write("- [ ] A\n  - Status: open\n", "a", { done: true })).toBe("- [x] A\n  - Status: done\n");
    expect(write("- [X] A\n", "a", { done: false })).toBe("- [ ] A\n");
    expect(write("## ~~A~~\n\n**Status:** done\n", "a", { done: false })).toBe("## A\n\n**Status:** open\n");
  });

  test(
    "TM25 gives the same keys after the refs are written in",
    () => {
      fc.assert(
        fc.property(todoDocument, (document) => {
          const before = parseTodo(document).items;
          const edits = new Map(before.map((item, index) => [item.key, { ref: `OB-${index + 1}` }]));
          const after = parseTodo(writeTodo(bytes(document), edits)).items;
          const identity = (items: typeof before) =>
            items.map((item) => [
              toCandidate(item, "TODO.md").externalRef,
              toCandidate(item, "TODO.md").fingerprint,
            ]);
          expect(identity(after)).toEqual(identity(before));
          expect(after.map((item) => item.ref)).toEqual(before.map((_, index) => `OB-${index + 1}`));
          expect(writeTodo(writeTodo(bytes(document), edits), edits)).toEqual(
            writeTodo(bytes(document), edits),
          );
        }),
        { numRuns: 40 },
      );
    },
    SLOW_MS,
  );

  test.each([
    ["a heading", { why: "x\n\n## Evil\n\n**Status:** done" }],
    ["a label", { why: "x\n\n**Trigger:** y" }],
    ["an open fence", { problem: "x\n\n```\ny" }],
    ["a comment", { title: "x <!-- y -->" }],
    ["a control character", { trigger: "x\u0000" }],
    ["nothing", { trigger: "  " }],
    ["no steps", { steps: [] }],
    ["a malformed ref", { ref: "x --> y" }],
  ] as const)("TM26 refuses an edit with %s", (_, edit) => {
    const attempt = (): string =>
      write("## A\n\n**Status:** open\n\n**Why:** z\n\n## B\n\n**Status:** open\n", "a", edit);
    expect(attempt).toThrow(SluiceError);
  });

  test("TM26 refuses unknown keys and files with problems", () => {
    expect(() => write("- [ ] a\n", "b", { done: true })).toThrow(/no item with the key "b"/);
    expect(() => write("- [ ] a\u0000\n", "a", { done: true })).toThrow(/control character/);
  });
});
