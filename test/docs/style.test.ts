import { expect, test } from "bun:test";

import { listFiles, readFile } from "../gates/repository-files.ts";
import { lineOf, literal, parse, parts, type SyntaxNode, walk } from "../../scripts/syntax.ts";
import { PAGES } from "./pages.ts";

/** Wordings of `docs/style.md` that a pattern can find. The style page quotes them. */
const AVOIDED: Readonly<Record<string, RegExp>> = {
  "interface, not door": /\bdoors?\b/i,
  "is not a …, not is no …": /(?<!\bthere )\b(?:is|are) no (?!longer\b|more\b|one\b)/i,
  "cached, not remembered": /\bremember(?:s|ed)?\b/i,
  "decides, not judges": /\bjudge[sd]?\b/i,
  "in one transaction, not together": /\b(?:written|done|saved|kept) together\b/i,
  "no longer accepted, not accept no longer": /\baccepts? no longer\b/i,
  "never, not for ever": /\bfor ever\b/i,
  "approves it, not says that it is good": /\bsa(?:ys?|id) that (?:it|\w+) is good\b/i,
  "expected, not accepted is": /\baccepted is\b/i,
  "the projects are, not known are": /\bknown are\b/i,
  "undo, not take back": /\btak(?:e a change|en) back\b/i,
  "fix, not mend": /\bmend(?:s|ed|ing)?\b/i,
};

const pages = PAGES.filter(({ path }) => path !== "docs/style.md");

/** Code is quoted as it is. */
const prose = (text: string): string =>
  text
    .replaceAll(/^( *)```[\s\S]*?^\1```/gm, (block) => block.replaceAll(/[^\n]/g, ""))
    .replaceAll(/`[^`\n]+`/g, "``");

const found = (text: string): string[] =>
  Object.entries(AVOIDED).flatMap(([rule, pattern]) =>
    prose(text)
      .split("\n")
      .flatMap((line, at) => (pattern.test(line) ? [`${at + 1}: ${rule}: ${line.trim()}`] : [])),
  );

/** Avoided wordings in the texts of a source file: literals, and the fixed parts of templates. */
function stringsFound(path: string, source: string): readonly string[] {
  const problems: string[] = [];
  const rules = Object.entries(AVOIDED).filter(([, pattern]) => pattern.test(source));
  const look = (node: SyntaxNode, text: string) => {
    for (const [rule, pattern] of rules)
      if (text.includes(" ") && pattern.test(text))
        problems.push(`${path}:${lineOf(source, node.start)}: ${rule}: ${text.slice(0, 120)}`);
  };
  if (rules.length === 0) return [];
  walk(parse(path, source), (node) => {
    const value = node.type === "Literal" ? literal(node) : undefined;
    if (typeof value === "string") look(node, value);
    if (node.type !== "TemplateLiteral") return;
    for (const fixed of parts(node, "quasis")) look(fixed, source.slice(fixed.start, fixed.end));
  });
  return problems;
}

test("pages use the field's own words", () => {
  expect(pages.length).toBeGreaterThan(60);
  expect(pages.flatMap(({ path, text }) => found(text).map((problem) => `${path}:${problem}`))).toEqual([]);
});

test("so do the strings of the program", () => {
  const files = listFiles().filter((path) => /^src\/.*\.ts$/.test(path) && !path.endsWith(".sql.ts"));
  expect(files.length).toBeGreaterThan(300);
  expect(files.flatMap((path) => stringsFound(path, readFile(path) ?? ""))).toEqual([]);
});

test("an avoided wording is found in prose and nowhere else", () => {
  expect(found("A run is no item.\n")).toHaveLength(1);
  expect(found("There is no item.\n")).toEqual([]);
  expect(found("Set `door`.\n\n```sh\nsluice is no item\n```\n")).toEqual([]);
});

test("an avoided wording is found in a literal and in a template, not in a name or a comment", () => {
  const source = 'const door = "It is no item";\n// It is no item\nthrow new Error(`${door} is no item`);\n';
  expect(stringsFound("a.ts", source)).toHaveLength(2);
});
