/** The repository as an agent sees it: files of its own worktree. */
export interface Workbench {
  readonly read: (path: string) => string;
  /** Writes a file, whole. */
  readonly write: (path: string, text: string) => void;
  /** Replaces a text that must be there. */
  readonly replace: (path: string, from: string, to: string) => void;
}

/** How an agent ends: with a change to commit, or with a refusal that says what must come first. */
export type Result =
  | { readonly kind: "change"; readonly message: string; readonly note: string }
  | {
      readonly kind: "block";
      readonly note: string;
      readonly prerequisite: string;
      readonly body: string;
      readonly amendSteps: readonly string[];
    };

/** Title of the item whose premise is false, as its TODO.md has it. */
export const FALSE_PREMISE = "Send reminders at nine in the reader's own time zone";
/** Title of what must come first, as the agent that finds it out calls it. */
export const PREREQUISITE = "Keep a time zone with each reader";

interface Page {
  /** Words of a title that this page knows how to work on. */
  readonly knows: RegExp;
  readonly work: (bench: Workbench) => Result;
}

const SYDNEY_TEST = `import { test } from "node:test";
import assert from "node:assert/strict";
import { makeReader } from "../src/reader.js";
import { remindAt } from "../src/remind.js";

test("nine in Sydney is the evening before in UTC", () => {
  const reader = makeReader({ name: "Jo", email: "jo@example.invalid", timeZone: "Australia/Sydney" });
  assert.equal(remindAt(reader, "2026-06-01"), "2026-05-31T23:00:00.000Z");
});
`;

const ZONED_REMIND = `/** When a reader is reminded of a book that is due on a day (YYYY-MM-DD), nine in their own zone: an instant in ISO 8601. */
export function remindAt(reader, day) {
  const guess = new Date(\`\${day}T09:00:00Z\`);
  return new Date(guess.getTime() - offsetMs(guess, reader.timeZone)).toISOString();
}

function offsetMs(instant, timeZone) {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  return new Date(\`\${format.format(instant).replace(" ", "T")}Z\`).getTime() - instant.getTime();
}
`;

const PAGES: readonly Page[] = [
  {
    knows: /own time zone/,
    work: (bench) => {
      if (!bench.read("src/reader.js").includes("timeZone"))
        return {
          kind: "block",
          note: "Expected: readers have a timeZone. Found: makeReader in src/reader.js keeps name and email only, so there is nothing to compute from.",
          prerequisite: PREREQUISITE,
          body: "`makeReader` in `src/reader.js` takes `timeZone`, an IANA name such as `Australia/Sydney`, and keeps it; `UTC` where none is given.",
          amendSteps: [
            "Use `reader.timeZone`, which `makeReader` keeps now (`UTC` where none is given)",
            "Add a test for Sydney",
          ],
        };
      bench.write("src/remind.js", ZONED_REMIND);
      bench.write("test/time-zone.test.js", SYDNEY_TEST);
      return {
        kind: "change",
        message: "Remind readers at nine in their own zone",
        note: "remindAt asks Intl for the offset of that very day; Sydney is tested",
      };
    },
  },
  {
    knows: /Keep a time zone with each reader/,
    work: (bench) => {
      bench.replace("src/reader.js", "({ name, email })", '({ name, email, timeZone = "UTC" })');
      bench.replace("src/reader.js", "{ name, email };", "{ name, email, timeZone };");
      return {
        kind: "change",
        message: "Keep a time zone with each reader",
        note: "makeReader keeps timeZone, UTC where none is given",
      };
    },
  },
  {
    knows: /book in the subject/,
    work: (bench) => {
      bench.write(
        "src/subject.js",
        "const MAX_TITLE = 60;\n\n/** Subject of a reminder of a book. */\nexport function subjectOf(title) {\n  const short = title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE - 1)}…` : title;\n  return `A book is due: “${short}”`;\n}\n",
      );
      bench.write(
        "test/subject.test.js",
        'import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { subjectOf } from "../src/subject.js";\n\ntest("a subject names the book", () => {\n  assert.equal(subjectOf("Momo"), "A book is due: “Momo”");\n});\n',
      );
      return {
        kind: "change",
        message: "Name the book in the subject",
        note: "subjectOf takes the title and cuts it after 60 characters",
      };
    },
  },
  {
    knows: /fraction of a cent/,
    work: (bench) => {
      bench.replace("src/fine.js", "const PER_DAY = 0.15;", "const CENTS_PER_DAY = 15;");
      bench.replace(
        "src/fine.js",
        "Math.max(0, daysLate) * PER_DAY",
        "(Math.max(0, daysLate) * CENTS_PER_DAY) / 100",
      );
      return {
        kind: "change",
        message: "Count fines in whole cents",
        note: "The failing test passes: 3 × 15 cents are 45",
      };
    },
  },
  {
    knows: /Greet readers in Danish/,
    work: (bench) => {
      bench.replace("src/greetings.js", '  en: "Dear reader",', '  da: "Kære læser",\n  en: "Dear reader",');
      return {
        kind: "change",
        message: "Greet readers in Danish",
        note: "da is a language of its own now",
      };
    },
  },
  {
    knows: /Escape/,
    work: (bench) => {
      bench.replace("src/markup.js", "${title}", '${title.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}');
      bench.write(
        "test/markup.test.js",
        'import { test } from "node:test";\nimport assert from "node:assert/strict";\nimport { markup } from "../src/markup.js";\n\ntest("a title cannot bring markup", () => {\n  assert.equal(markup("<b> & co"), "<i>&lt;b> &amp; co</i>");\n});\n',
      );
      return {
        kind: "change",
        message: "Escape titles in letters",
        note: "& before <, so that nothing is escaped twice",
      };
    },
  },
];

/** The page for an item; undefined where the agent does not know what to do. */
export function pageFor(title: string): Page | undefined {
  return PAGES.find(({ knows }) => knows.test(title));
}
