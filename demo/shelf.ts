import { packageJson, type Fixture } from "./fixture.ts";

const TODO = `# Work on the shelf

## Ready

#### Fines are a fraction of a cent short
- **Status:** open (captured 2026-05-02)
- **Trigger:** the test of \`fineFor\` fails
- **Steps:**
  1. Count in whole cents in \`src/fine.js\`
- **Risks:** none known
- **Why:** The treasurer's sum never matches.

## To decide

#### Should a fine ever be more than the price of the book?
- **Status:** open (captured 2026-05-09)
- **Trigger:** the first reader complains
- **Steps:**
  1. Decide on a limit
  2. Put it into \`fineFor\`
- **Risks:** Readers who keep a book for ever
- **Why:** It is a question of manners, not of code.
`;

const BOOK = `/** A book on the shelf. */
export function makeBook({ title, author, shelf = "A1" }) {
  return { title, author, shelf };
}
`;

const FINE = `const PER_DAY = 0.15;

/** What a reader owes after some days. */
export function fineFor(daysLate) {
  return Math.max(0, daysLate) * PER_DAY;
}
`;

const TEST = `import { test } from "node:test";
import assert from "node:assert/strict";
import { fineFor } from "../src/fine.js";

test("nobody who is on time owes anything", () => {
  assert.equal(fineFor(0), 0);
  assert.equal(fineFor(-2), 0);
});

test("three days late are 45 cents", () => {
  assert.equal(fineFor(3), 0.45);
});
`;

/** The repository with a test that fails. */
export const SHELF: Fixture = {
  name: "shelf",
  about: "TODO.md with fields as lists; one test fails",
  commits: [
    {
      message: "Put books on a shelf",
      daysAgo: 39,
      files: { "package.json": packageJson("shelf"), "src/book.js": BOOK },
    },
    { message: "Fine late readers", daysAgo: 30, files: { "src/fine.js": FINE } },
    {
      message: "Test the fines (three days late fails)",
      daysAgo: 18,
      files: { "test/fine.test.js": TEST },
    },
    { message: "Write down what is to be done", daysAgo: 9, files: { "TODO.md": TODO } },
  ],
};
