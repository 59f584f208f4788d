import { packageJson, type Fixture } from "./fixture.ts";
import { FALSE_PREMISE } from "./playbook.ts";

const TODO = `# TODO

How this file works: each item says when it becomes urgent, what to do, and what can go wrong.

## Ready

### ${FALSE_PREMISE}

**Status:** open (captured 2026-05-04)

**Trigger:** when a reader outside of Europe joins

**Problem:** \`remindAt\` in \`src/remind.js\` answers nine o'clock UTC for everybody. In Sydney that is the evening.

**Steps:**

1. Let \`remindAt\` use the reader's \`timeZone\`
2. Add a test for Sydney
3. (optional) Name the zone in the mail

**Risks:**

- Clocks change in spring and autumn; mitigation: ask \`Intl\` for the offset of that very day

**Why:** A reminder that comes at night is not read.

### Name the book in the subject of a reminder

**Status:** open (captured 2026-05-06)

**Trigger:** now

**Steps:**

1. \`subjectOf\` in \`src/subject.js\` takes the title of the book and puts it in quotes
2. Add a test

**Risks:**

- Long titles; mitigation: cut them after 60 characters

**Why:** Readers with two books ask which one is meant.
`;

const READER = `/** A reader of the club. */
export function makeReader({ name, email }) {
  return { name, email };
}
`;

const REMIND = `/** When a reader is reminded of a book that is due on a day (YYYY-MM-DD): an instant in ISO 8601. */
export function remindAt(reader, day) {
  return new Date(\`\${day}T09:00:00Z\`).toISOString();
}
`;

const SUBJECT = `/** Subject of a reminder. */
export function subjectOf() {
  return "A book is due";
}
`;

const TEST = `import { test } from "node:test";
import assert from "node:assert/strict";
import { makeReader } from "../src/reader.js";
import { remindAt } from "../src/remind.js";

test("a reminder goes out at nine", () => {
  const reader = makeReader({ name: "Mo", email: "mo@example.invalid" });
  assert.equal(remindAt(reader, "2026-06-01"), "2026-06-01T09:00:00.000Z");
});
`;

/** The repository whose first item rests on a premise that nobody wrote down and that is false. */
export const REMINDERS: Fixture = {
  name: "reminders",
  about: "TODO.md in prose; one item assumes what is not so",
  commits: [
    {
      message: "Know the readers of the club",
      daysAgo: 40,
      files: { "package.json": packageJson("reminders"), "src/reader.js": READER },
    },
    {
      message: "Remind a reader at nine",
      daysAgo: 33,
      files: { "src/remind.js": REMIND, "test/remind.test.js": TEST },
    },
    { message: "Give reminders a subject", daysAgo: 21, files: { "src/subject.js": SUBJECT } },
    { message: "Write down what is to be done", daysAgo: 12, files: { "TODO.md": TODO } },
  ],
};
