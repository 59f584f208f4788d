import { expect, test } from "bun:test";

import { MUTATIONS } from "../../scripts/mutations.ts";
import { readFile } from "./repository-files.ts";
import { findTestTitles } from "./test-titles.ts";

/** `postgres CL4[02]` is the title behind the name of its group. */
const titleOf = (pattern: string): RegExp => new RegExp(pattern.replace(/^(?:sqlite|postgres) /, ""));

test.each(MUTATIONS)("GA13 the fault `$name` has its place and its test", ({ file, find, seenBy }) => {
  const [tests, titles] = seenBy;
  expect(readFile(file).split(find).length - 1).toBe(1);
  expect(findTestTitles(readFile(tests)).filter((title) => titleOf(titles).test(title))).not.toEqual([]);
});
