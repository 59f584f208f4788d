import { describe, expect, test } from "bun:test";
import { readTodo } from "#formats/todo-md/read-todo.ts";
import type { TodoEntry } from "#operations/ports/todo-format.ts";

function items(text: string, prefixes: readonly string[] = []): readonly TodoEntry[] {
  const { entries, problems, refused } = readTodo(text, prefixes);
  expect([...problems, ...refused]).toEqual([]);
  return entries;
}

function only(text: string): TodoEntry {
  const found = items(text);
  expect(found).toHaveLength(1);
  const [item] = found;
  if (item === undefined) throw new Error("no item");
  return item;
}

const CLASSIC = `# TODO

## Fix the login

**Status:** open (captured 2026-05-01)

**Trigger:** when a user reports a lost session

**Current behaviour:** The cookie is dropped.

**Steps:**

1. Read \`session.ts\`
   - and its test
2. (optional) Rename the cookie

**Risks:**

- Old cookies stay. Mitigation: expire them

**Why it matters:** Users leave.

**Done when:** the test passes
`;

const AS_HEADINGS = `# TODO

### Fix the login

#### Risks

- Old cookies stay. Mitigation: expire them

#### Steps

1. Read \`session.ts\`
   - and its test
2. Optional: Rename the cookie

#### Status

open (captured 2026-05-01)

#### Trigger: when a user reports a lost session

#### Acceptance criteria

- the test passes

#### Why it matters

Users leave.

#### Problem

The cookie is dropped.
`;

const AS_ENTRIES = `## Fix the login

- Status: open (captured 2026-05-01)
- Trigger - when a user reports a lost session
- **Problem**: The cookie is dropped.
- Steps:
  1. Read \`session.ts\`
     - and its test
  2. Rename the cookie *optional*
- Risks:
  - Old cookies stay. Mitigation: expire them
- Why: Users leave.
- Acceptance: the test passes
`;

const AS_LINES = `Fix the login
-------------
Status: open
Captured: 2026-05-01
Trigger — when a user reports a lost session
Problem: The cookie is dropped.

Steps:
1. Read \`session.ts\`
   - and its test
2. **Optional:** Rename the cookie

Risks: Old cookies stay. Mitigation: expire them

Why: Users leave.

Acceptance: the test passes
`;

describe("reading fields", () => {
  for (const [name, text] of Object.entries({ CLASSIC, AS_HEADINGS, AS_ENTRIES, AS_LINES })) {
    test(`TM2 reads the same item whatever the layout: ${name}`, () => {
      const item = only(text);
      expect(item.title).toBe("Fix the login");
      expect(item).toMatchObject({ statusWord: "open", capturedOn: "2026-05-01" });
      expect(item.spec.trigger).toBe("when a user reports a lost session");
      expect(item.spec.problem).toBe("The cookie is dropped.");
      expect(item.spec.steps).toEqual([
        { text: "Read `session.ts`\n- and its test", optional: false },
        { text: "Rename the cookie", optional: true },
      ]);
      expect(item.spec.risks).toEqual(["Old cookies stay. Mitigation: expire them"]);
      expect(item.spec.why).toBe("Users leave.");
      expect(item.spec.acceptance).toEqual(["the test passes"]);
      expect(item.spec.body).toBeUndefined();
    });
  }

  for (const depth of [1, 2, 3, 4, 5, 6]) {
    test(`TM1 finds items at heading level ${depth}`, () => {
      const mark = "#".repeat(depth);
      const found = items(`${mark} One\n\n**Status:** open\n\n${mark} Two\n\nJust prose.\n`);
      expect(found.map((item) => [item.title, item.line, item.endLine])).toEqual([
        ["One", 1, 3],
        ["Two", 5, 7],
      ]);
    });
  }

  test("TM1 takes neither a document title, a group nor an explanation for an item", () => {
    const found = items(
      "# TODO\n\nStatus: draft\n\n## How to use\n\n**Status:** x\n\n## Auth\n\n### A\n\n**Status:** open\n\n## Done\n\n### B\n\n**Status:** done\n",
    );
    expect(found.map((item) => [item.title, item.groups])).toEqual([
      ["A", ["Auth"]],
      ["B", ["Done"]],
    ]);
  });

  test("TM3 reads a synonym, and a common word only in bold", () => {
    expect(only("## A\n\n**When:** now\n\n**Plan:**\n- x\n").spec.trigger).toBe("now");
    const item = only("## A\n\n**Status:** open\n\n### Notes\n\nx\n");
    expect(item.spec.trigger).toBeUndefined();
    expect(only("## A\n\nWhen: now\n\n**Status:** open\n").spec.trigger).toBeUndefined();
  });

  test("TM3 does not tear wrapped prose apart", () => {
    const item = only("## A\n\n**Status:** open\n\nIt fails and the\nrisk - as said - is low\n");
    expect(item.spec.risks).toEqual([]);
  });

  test("TM4 takes no field from code, comments, quotes or free sections", () => {
    const item = only(
      "## A\n\n**Status:** open\n\n```\n**Trigger:** code\n```\n\n    Trigger: indented\n\n<!--\n**Trigger:** comment\n-->\n\n> **Trigger:** quote\n\n`a\n**Trigger:** span`\n\n### Notes\n\n**Trigger:** section\n",
    );
    expect(item.spec.trigger).toBeUndefined();
    expect(item.spec.body).toEndWith("## Notes\n\n**Trigger:** section");
  });

  test.each([
    ["```", "```"],
    ["<!--", "-->"],
    ["<script>", "</script>"],
  ])("TM4 takes no item from a long stretch between %s and %s", (open, close) => {
    const inside = "Text.\n\n## B\n\n**Status:** open\n\n".repeat(100);
    const found = items(
      `## A\n\n**Status:** open\n\n${open}\n${inside}${close}\n\n## C\n\n**Status:** open\n`,
    );
    expect(found.map((item) => [item.title, item.line])).toEqual([
      ["A", 1],
      ["C", 608],
    ]);
  });

  test("TM4 takes no field from the entries of steps", () => {
    const item = only("## A\n\n**Steps:**\n\n- Problem: find it\n- Why: tell it\n");
    expect(item.spec.steps.map((step) => step.text)).toEqual(["Problem: find it", "Why: tell it"]);
    expect(item.spec.problem).toBeUndefined();
  });

  test("TM4 reads a field whose value is only a comment as empty", () => {
    expect(only("## A\n\n**Status:** open\n\n**Trigger:** <!-- fill in -->\n").spec.trigger).toBeUndefined();
  });

  test.each([
    ["open (captured 2026-05-01)", "open", "2026-05-01"],
    ["In progress, since 2026-05-02", "doing", "2026-05-02"],
    ["done 2026-06-01 (captured on 2026-05-01)", "done", "2026-05-01"],
    ["done 2026-06-01", "done", undefined],
    ["**Won’t do**", "dropped", undefined],
    ["opened by x", "unknown", undefined],
    ["open 2026-02-30", "open", undefined],
    ["☐ todo", "open", undefined],
  ] as const)("TM5 reads the status %s", (text, word, day) => {
    const item = only(`## A\n\n**Status:** ${text}\n`);
    expect(item.statusWord).toBe(word);
    expect(item.capturedOn).toBe(day);
  });

  test("TM6 keeps order, nesting, code and checkboxes of steps", () => {
    const item = only(
      "## A\n\n**Steps:**\n\n1. one\n\n   ```\n   code\n   ```\n\n2. *(optional)* two.\n3. three (optional).\n4. [x] four\n",
    );
    expect(item.spec.steps).toEqual([
      { text: "one\n\n```\ncode\n```", optional: false },
      { text: "two.", optional: true },
      { text: "three.", optional: true },
    ]);
    expect(item.spec.body).toBe("Done already:\n\n- four");
  });

  test("TM6 takes a numbered list for steps where nothing is named so", () => {
    const item = only("## A\n\n**Status:** open\n\nText.\n\n1. one\n2. two\n");
    expect(item.spec.steps.map((step) => step.text)).toEqual(["one", "two"]);
  });

  test("TM7 a label right below a list, with no line between, ends it", () => {
    const head =
      "## Fix the cart\n\nIt drops the currency.\n\n**What the work will involve:**\n1. Read it\n   and run it\n2. Mend it\n";
    for (const label of ["**Risks worth knowing:**", "**Risks**:", "Risks:"]) {
      const { spec } = only(`${head}${label}\n- It is slow\n**Why it matters:** money\n`);
      expect(spec.steps.map(({ text }) => text)).toEqual(["Read it\nand run it", "Mend it"]);
      expect([label, spec.risks, spec.why]).toEqual([label, ["It is slow"], "money"]);
    }
    const [first] = only("## A\n\n**Steps:**\n1. Read it\nbefore you: begin\n2. Mend it\n").spec.steps;
    expect(first?.text).toBe("Read it\nbefore you: begin");
  });

  test("TM7 keeps a risk as it is written, its mitigation with it", () => {
    const item = only(
      "## A\n\n**Risks:**\n- index rots; mitigation: rebuild\n- **Mitigation:** alone\n- plain\n",
    );
    expect(item.spec.risks).toEqual(["index rots; mitigation: rebuild", "**Mitigation:** alone", "plain"]);
  });

  test("TM8 keeps free sections word for word", () => {
    const item = only(
      "## A\n\n**Status:** open\n\n### Links\n\n* [x](y)\n\n#### More\n\n| a |\n|---|\n\n### Empty\n",
    );
    expect(item.spec.body).toBe("## Links\n\n* [x](y)\n\n#### More\n\n| a |\n|---|\n\n## Empty");
  });
});

describe("reading checklists", () => {
  test("TM9 reads entries, nested steps, nested fields and groups", () => {
    const found = items(
      "# TODO\n\n## Chores\n\n- [ ] milk\n  - [x] go\n  - pay\n- [x] bread\n- Home\n  - [ ] door\n    that squeaks\n    - **Trigger:** rain\n",
    );
    expect(found.map((item) => [item.title, item.done, item.groups])).toEqual([
      ["milk", false, ["Chores"]],
      ["bread", true, ["Chores"]],
      ["door that squeaks", false, ["Chores", "Home"]],
    ]);
    expect(found[0]?.spec).toMatchObject({
      steps: [{ text: "pay", optional: false }],
      body: "Done already:\n\n- go",
    });
    expect(found[2]?.spec.trigger).toBe("rain");
  });

  test("TM9 reads a file that mixes items and checklists", () => {
    const found = items(
      "- [ ] loose\n\n## Item\n\n**Status:** open\n\n- [ ] step\n\n## Small\n\n- [ ] entry\n",
    );
    expect(found.map((item) => item.title)).toEqual(["loose", "Item", "entry"]);
    expect(found[1]?.spec.steps.map((step) => step.text)).toEqual(["step"]);
  });
});

describe("reading files", () => {
  test("TM10 reads CRLF, a byte order mark, a YAML header and non-ASCII text", () => {
    const text = `\uFEFF---\ntitle: x\n---\n${CLASSIC.replace("Fix the login", "Größe 修正")}`;
    const unix = only(text);
    const windows = only(text.replaceAll("\n", "\r\n"));
    expect(unix.title).toBe("Größe 修正");
    expect(unix.key).toBe("größe-修正");
    expect(windows).toEqual({ ...unix, source: unix.source.replaceAll("\n", "\r\n") });
    expect(readTodo(new TextEncoder().encode(text)).entries).toEqual([unix]);
  });

  test.each(["$(rm -rf /)", "; DROP TABLE item; --", "`id` && <b>x</b> Vec<T>", "../../etc/passwd"])(
    "passes %s through as text",
    (title) => {
      expect(only(`- [ ] ${title}\n`).title).toBe(title);
    },
  );
});

describe("keys", () => {
  test("TM12 slugs the title and counts equal slugs", () => {
    expect(items("- [ ] Do it!\n- [ ] do it\n- [ ] 🎉\n- [ ] do-it\n").map((item) => item.key)).toEqual([
      "do-it",
      "do-it~2",
      "item",
      "do-it~3",
    ]);
  });

  test("TM13 keeps the key of a marker whatever the title says", () => {
    const found = items(
      "- [ ] New name <!-- sluice:OB-12 old-name -->\n- [ ] old name\n- [ ] x <!-- sluice:OB-13 -->\n",
    );
    expect(found.map((item) => [item.key, item.ref, item.title])).toEqual([
      ["old-name", "OB-12", "New name"],
      ["old-name~2", undefined, "old name"],
      ["OB-13", "OB-13", "x"],
    ]);
  });

  test("TM13 reads a marker on the line below a heading", () => {
    expect(items("## A\n<!-- sluice:OB-12 a -->\n\n**Status:** open\n")[0]?.ref).toBe("OB-12");
  });

  test("TM14 takes a ref from a title only with a known prefix", () => {
    const text = "- [ ] OB-12: a\n- [ ] [OB-13] b\n- [ ] OB-14 H2 — c\n- [ ] UTF-8: d\n- [ ] OBX-1: e\n";
    expect(items(text, ["OB"]).map((item) => [item.ref, item.title])).toEqual([
      ["OB-12", "a"],
      ["OB-13", "b"],
      ["OB-14", "H2 — c"],
      [undefined, "UTF-8: d"],
      [undefined, "OBX-1: e"],
    ]);
    expect(items(text).every((item) => item.ref === undefined)).toBe(true);
  });
});
