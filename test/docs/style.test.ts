import { expect, test } from "bun:test";

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

test("pages use the field's own words", () => {
  expect(pages.length).toBeGreaterThan(60);
  expect(pages.flatMap(({ path, text }) => found(text).map((problem) => `${path}:${problem}`))).toEqual([]);
});

test("an avoided wording is found in prose and nowhere else", () => {
  expect(found("A run is no item.\n")).toHaveLength(1);
  expect(found("There is no item.\n")).toEqual([]);
  expect(found("Set `door`.\n\n```sh\nsluice is no item\n```\n")).toEqual([]);
});
