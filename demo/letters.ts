import { packageJson, type Fixture } from "./fixture.ts";

/** Written on another machine: lines end in CRLF. */
const TODO = `# Grüße, Kære, Γειά: what the letters still need

## Ready

- [ ] Greet readers in Danish (»Kære læser«)
  - Trigger: two readers from Århus have joined
  - Steps: add \`da\` to \`src/greetings.js\`
- [ ] Escape \`<\` and \`&\` in titles of books
- [x] Greet readers in Greek

## Ideas

- [ ] Send letters on paper to readers without e-mail ✉
`.replaceAll("\n", "\r\n");

const GREETINGS = `export const GREETINGS = {
  de: "Liebe Leserin, lieber Leser",
  en: "Dear reader",
  el: "Αγαπητέ αναγνώστη",
};

/** How a letter begins, in English where a language is not known. */
export function greet(language) {
  return GREETINGS[language] ?? GREETINGS.en;
}
`;

const LETTER = `import { greet } from "./greetings.js";
import { markup } from "./markup.js";

/** A letter as HTML. */
export function letter({ language, title }) {
  return \`<p>\${greet(language)},</p><p>\${markup(title)} is due.</p>\`;
}
`;

const MARKUP = `/** A title in italics. */
export function markup(title) {
  return \`<i>\${title}</i>\`;
}
`;

const TEST = `import { test } from "node:test";
import assert from "node:assert/strict";
import { letter } from "../src/letter.js";

test("a letter greets in the reader's language", () => {
  assert.equal(letter({ language: "de", title: "Momo" }), "<p>Liebe Leserin, lieber Leser,</p><p><i>Momo</i> is due.</p>");
});
`;

/** The repository with a plain checklist that is neither ASCII nor made on Unix. */
export const LETTERS: Fixture = {
  name: "letters",
  about: "TODO.md is a checklist; CRLF line ends, three scripts",
  commits: [
    {
      message: "Greet readers",
      daysAgo: 36,
      files: { "package.json": packageJson("letters"), "src/greetings.js": GREETINGS },
    },
    {
      message: "Write letters",
      daysAgo: 27,
      files: { "src/letter.js": LETTER, "src/markup.js": MARKUP, "test/letter.test.js": TEST },
    },
    { message: "List what is to be done", daysAgo: 7, files: { "TODO.md": TODO } },
  ],
};
