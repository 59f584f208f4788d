import { expect, test } from "bun:test";

import { MUTATIONS } from "../../scripts/mutations.ts";
import { readFile } from "./repository-files.ts";
import { findTestTitles } from "./test-titles.ts";

/** `postgres CL4[02]` is the title behind the name of its group. */
const titleOf = (pattern: string): RegExp => new RegExp(pattern.replace(/^(?:sqlite|postgres) /, ""));

for (const { name, file, find, seenBy } of MUTATIONS)
  test(`GA13 the fault ${name} has its place and its test`, () => {
    const [tests, titles] = seenBy;
    expect(readFile(file)?.split(find)).toHaveLength(2);
    const seen = findTestTitles(readFile(tests) ?? "").filter((title) => titleOf(titles).test(title));
    expect(seen).not.toEqual([]);
  });
