import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readTodo } from "#formats/todo-md/read-todo.ts";
import { writeTodo } from "#formats/todo-md/write-todo.ts";
import type { TodoChange } from "#operations/ports/todo-format.ts";
import { CORPUS } from "./todo-corpus.ts";
import { todoDocument, todoPhrase } from "./todo-documents.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(data);
function write(original: string, key: string, change: TodoChange): string {
  const written = writeTodo(bytes(original), new Map([[key, change]]), []);
  expect([...written.refused]).toEqual([]);
  return text(written.bytes);
}

/** Properties run many documents; a busy machine needs more than the default of 5 s. */
const SLOW_MS = 30_000;

const step = fc.record({ text: todoPhrase, optional: fc.boolean() });
const anyEdit: fc.Arbitrary<TodoChange> = fc.oneof(
  fc.record({ title: todoPhrase.map((words) => `New ${words}.`) }),
  fc.record({ done: fc.boolean() }),
  fc.record({ ref: fc.constant("OB-77") }),
  fc.record({ statusWord: fc.constantFrom("blocked" as const, "done" as const) }),
  fc.record({ trigger: todoPhrase.map((words) => `when ${words}`) }),
  fc.record({ problem: todoPhrase.map((words) => `It ${words}`) }),
  fc.record({ why: todoPhrase.map((words) => `For ${words}\n\nand more`) }),
  fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 3 }) }),
  fc.record({
    risks: fc.array(
      todoPhrase.map((words) => `It ${words}; mitigation: look`),
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
          expect(readTodo(document).problems).toEqual([]);
          expect(text(writeTodo(bytes(document), new Map(), []).bytes)).toBe(document);
          const [item] = readTodo(document).entries;
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
          const before = readTodo(document).entries;
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
          const after = readTodo(written).entries[at];
          if (edit.title !== undefined) expect(after?.title).toBe(edit.title);
          if (edit.trigger !== undefined) expect(after?.spec.trigger).toBe(edit.trigger);
          if (edit.problem !== undefined) expect(after?.spec.problem).toBe(edit.problem);
          if (edit.why !== undefined) expect(after?.spec.why).toBe(edit.why);
          if (edit.ref !== undefined) expect(after?.ref).toBe(edit.ref);
          if (edit.steps !== undefined) expect(after?.spec.steps).toEqual(edit.steps);
          if (edit.risks !== undefined) expect(after?.spec.risks).toEqual(edit.risks);
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
  ])("writes a missing field into %j as the others are written", (before, after) => {
    expect(write(before, "a", { trigger: "now" })).toBe(after);
  });

  test("writes steps as the list that it replaces, its boxes too", () => {
    const steps = [{ text: "x", optional: false }];
    expect(write("## A\n\n**Status:** open\n\n- [ ] old\n", "a", { steps })).toBe(
      "## A\n\n**Status:** open\n\n- [ ] x\n",
    );
    expect(write("- [ ] A\n  1. [x] gone\n  2. [ ] old\n", "a", { steps })).toBe(
      "- [ ] A\n  1. [x] gone\n  2. [ ] x\n",
    );
    expect(write("- [ ] A\n  - old\n", "a", { steps })).toBe("- [ ] A\n  - x\n");
  });

  test("TM24 keeps what stands behind the status word", () => {
    const file = "## A\n\n**Status:** Open (captured 2026-05-01) <!-- c -->\n";
    expect(write(file, "a", { statusWord: "done" })).toBe(file.replace("Open", "Done"));
    expect(write(file, "a", { done: true })).toBe(file.replace("Open", "Done"));
  });

  test.each([
    ["captured — flagged in the May session", "done, captured — flagged in the May session"],
    ["deferred until the summer", "done, deferred until the summer"],
    ["half way", "done, half way"],
  ])("TM24 writes the state in front of %j, which is a person's own word", (status, after) => {
    const file = (value: string) => `## A\n\n**Status:** ${value}\n\n**Why:** x\n`;
    expect(write(file(status), "a", { statusWord: "done" })).toBe(file(after));
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
          const before = readTodo(document).entries;
          const edits = new Map(before.map((item, index) => [item.key, { ref: `OB-${index + 1}` }]));
          const once = writeTodo(bytes(document), edits, []).bytes;
          const after = readTodo(once).entries;
          const identity = (items: typeof before) =>
            items.map(({ key, title, spec }) => ({ key, title, spec }));
          expect(identity(after)).toEqual(identity(before));
          expect(after.map((item) => item.ref)).toEqual(before.map((_, index) => `OB-${index + 1}`));
          expect(writeTodo(once, edits, []).bytes).toEqual(once);
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
  ] as const)("TM26 leaves out and names an edit with %s, and makes the others", (_, edit) => {
    const file = "## A\n\n**Status:** open\n\n**Why:** z\n\n## B\n\n**Status:** open\n";
    const changes = new Map<string, TodoChange>([
      ["a", edit],
      ["b", { done: true }],
    ]);
    const written = writeTodo(bytes(file), changes, []);
    expect([...written.refused]).toMatchObject([["a", { line: 1 }]]);
    expect(text(written.bytes)).toBe(`${file.slice(0, -5)}done\n`);
  });

  test("TM26 refuses unknown keys and files that cannot be read", () => {
    expect(() => write("- [ ] a\n", "b", { done: true })).toThrow(/no item with the key "b"/);
    expect(() => write("- [ ] a\n\n```\n", "a", { done: true })).toThrow(/never closed/);
  });

  test.each(CORPUS.map(({ name, bytes: file }) => [name, file] as const))(
    "%s stays byte for byte, and gets refs that change nothing else",
    (_, file) => {
      const original = new Uint8Array(file);
      const before = readTodo(original, ["OB"]).entries;
      expect(writeTodo(original, new Map(), ["OB"]).bytes).toEqual(original);
      const refs = new Map(before.map(({ key }, at) => [key, { ref: `OB-${at + 1}` }]));
      const { bytes: written, refused } = writeTodo(original, refs, ["OB"]);
      expect([...refused]).toEqual([]);
      const without = text(written).replaceAll(/ <!-- sluice:OB-\d+ [^ ]+ -->/g, "");
      expect(without).toBe(text(original).replaceAll(/ <!-- sluice:OB-\d+ [^ ]+ -->/g, ""));
      const after = readTodo(written, ["OB"]).entries;
      expect(after.map(({ ref }) => ref)).toEqual(before.map((__, at) => `OB-${at + 1}`));
      expect(after.map(({ key, title, spec, done }) => ({ key, title, spec, done }))).toEqual(
        before.map(({ key, title, spec, done }) => ({ key, title, spec, done })),
      );
    },
  );

  test.each(CORPUS.map(({ name, bytes: file }) => [name, file] as const))(
    "ticking an entry of %s changes its lines alone, and takes itself back",
    (_, file) => {
      const original = new Uint8Array(file);
      for (const { key, done, line, endLine } of readTodo(original, ["OB"]).entries) {
        const { bytes: written, refused } = writeTodo(original, new Map([[key, { done: !done }]]), ["OB"]);
        const [before, now] = [text(original).split("\n"), text(written).split("\n")];
        if (refused.size > 0) expect(written).toEqual(original);
        expect(now.slice(0, line - 1)).toEqual(before.slice(0, line - 1));
        if (endLine < before.length)
          expect(now.slice(endLine - before.length)).toEqual(before.slice(endLine));
      }
    },
  );
});
