import fc from "fast-check";

const word = fc.constantFrom(
  "cookie",
  "größe",
  "$(rm -rf)",
  "`a:b`",
  "修正",
  "x*y",
  "Vec<T>",
  "DROP TABLE;",
  "1.5",
  "C#",
);
const phrase = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(" "));
const title = fc
  .tuple(fc.constantFrom("Fix", "Do", "Écrire", "OB-3: Move"), phrase)
  .map(([verb, rest]) => `${verb} ${rest}`);

interface Parts {
  readonly status: string;
  readonly trigger: string | undefined;
  readonly problem: string | undefined;
  readonly steps: readonly string[];
  readonly risks: readonly string[];
  readonly why: string | undefined;
  readonly note: string | undefined;
}

const parts: fc.Arbitrary<Parts> = fc.record({
  status: fc.constantFrom(
    "open (captured 2026-05-01)",
    "In progress",
    "blocked since 2026-04-02",
    "whatever",
  ),
  trigger: fc.option(phrase, { nil: undefined }),
  problem: fc.option(phrase, { nil: undefined }),
  steps: fc.array(
    fc.oneof(
      phrase,
      phrase.map((text) => `(optional) ${text}`),
    ),
    { maxLength: 3 },
  ),
  risks: fc.array(phrase, { maxLength: 2 }),
  why: fc.option(phrase, { nil: undefined }),
  note: fc.option(
    fc.constantFrom("Free text.", "```\n**Status:** code\n```", "<!-- Trigger: no -->", "> quote"),
    { nil: undefined },
  ),
});

type Layout = (level: string, name: string, content: Parts) => string;

function fields(
  content: Parts,
  write: (name: string, value: string) => string,
  list: (rows: readonly string[]) => string,
): string[] {
  return [
    write("Status", content.status),
    ...(content.trigger === undefined ? [] : [write("Trigger", content.trigger)]),
    ...(content.problem === undefined ? [] : [write("Problem", content.problem)]),
    ...(content.steps.length === 0 ? [] : [write("Steps", list(content.steps))]),
    ...(content.risks.length === 0 ? [] : [write("Risks", list(content.risks))]),
    ...(content.why === undefined ? [] : [write("Why", content.why)]),
  ];
}

const numbered = (rows: readonly string[]): string =>
  `\n\n${rows.map((row, index) => `${index + 1}. ${row}`).join("\n")}`;
const bulleted = (rows: readonly string[]): string => `\n\n${rows.map((row) => `* ${row}`).join("\n")}`;
const nested = (rows: readonly string[]): string => `\n${rows.map((row) => `  - ${row}`).join("\n")}`;
const noteOf = ({ note }: Parts, level: string): string =>
  note === undefined ? "" : `\n\n${level}# Notes\n\n${note}`;

const LAYOUTS: readonly Layout[] = [
  (level, name, content) =>
    [`${level} ${name}`, ...fields(content, (label, value) => `**${label}:** ${value}`, numbered)].join(
      "\n\n",
    ) + noteOf(content, level),
  (level, name, content) =>
    [`${level} ${name} ##`, ...fields(content, (label, value) => `${label}: ${value}`, bulleted)].join(
      "\n\n",
    ) + noteOf(content, level),
  (level, name, content) =>
    [
      `${level} ${name}`,
      ...fields(content, (label, value) => `${level}# ${label}\n\n${value.trim()}`, numbered),
    ].join("\n\n") + noteOf(content, level),
  (level, name, content) =>
    `${level} ${name}\n${fields(content, (label, value) => `- **${label}**: ${value}`, nested).join("\n")}${noteOf(content, level)}`,
  (level, name, content) =>
    `${level} ${name}\n${fields({ ...content, steps: [], risks: [] }, (label, value) => `**${label}:** ${value}`, numbered).join("\n")}`,
  (_, name, content) =>
    `- [ ] ${name}\n${fields(
      content,
      (label, value) => `  - ${label}: ${value}`,
      (rows) => nested(rows).replaceAll("\n", "\n  "),
    ).join("\n")}`,
  (_, name) => `- [x] ${name}\n  - part`,
  (_, name) => `* [ ] ${name}`,
];

/** TODO.md texts of every layout, with items at one heading level or in checklists. */
export const todoDocument: fc.Arbitrary<string> = fc
  .record({
    intro: fc.constantFrom("", "# TODO\n\n", "# TODO\n\nSome words.\n\n---\n\n", "---\ntitle: x\n---\n\n"),
    level: fc.constantFrom("##", "###"),
    layouts: fc.array(fc.tuple(fc.constantFrom(...LAYOUTS), title, parts), { minLength: 1, maxLength: 5 }),
    lineEnd: fc.constantFrom("\n", "\r\n"),
    mark: fc.constantFrom("", "\uFEFF"),
    end: fc.constantFrom("", "\n", "\n\n\n"),
  })
  .map(({ intro, level, layouts, lineEnd, mark, end }) => {
    const isEntry = (layout: Layout): boolean => LAYOUTS.indexOf(layout) >= 5;
    const ordered = layouts.toSorted(([left], [right]) => Number(isEntry(right)) - Number(isEntry(left)));
    const body = ordered.map(([layout, name, content]) => layout(level, name, content)).join("\n\n");
    return mark + (intro + body + end).replaceAll("\n", lineEnd);
  });

export { phrase as todoPhrase };
