import { expect, test } from "bun:test";

import { listFiles, readFile } from "./repository-files.ts";
import { findTestTitles } from "./test-titles.ts";

const RULE = /^\s*[-*] \*\*([A-Z]{2,3}\d+)\*\*/gm;
const TITLE_ID = /^[A-Z]{2,3}\d+(?= )/;
const TEST_SOURCE = /^test\/.*\.ts$|^src\/.*\/conformance\/.*\.ts$/;

const files = listFiles();
const rules = files
  .filter((path) => /^docs\/spec\/.*\.md$/.test(path))
  .flatMap((path) => [...(readFile(path) ?? "").matchAll(RULE)].map(([, id]) => ({ id, path })));
const titles = files
  .filter((path) => TEST_SOURCE.test(path))
  .flatMap((path) => findTestTitles(readFile(path) ?? "").map((title) => ({ title, path })));
const ruleIds = new Set(rules.map(({ id }) => id));
const testIds = new Set(titles.map(({ title }) => TITLE_ID.exec(title)?.[0]));

test("GA1 every rule has a test", () => {
  expect(rules.length).toBeGreaterThan(0);
  expect(rules.filter(({ id }) => !testIds.has(id))).toEqual([]);
});

test("GA2 an id that a test title begins with is a rule's", () => {
  const named = titles.flatMap(({ title, path }) => {
    const id = TITLE_ID.exec(title)?.[0];
    return id === undefined ? [] : [{ id, path }];
  });
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter(({ id }) => !ruleIds.has(id))).toEqual([]);
});

test("titles are found behind tables and conditions, and a title that is no literal is shown", () => {
  const source = [
    'test("AB1 plain", () => {});',
    'test.each([[f(1)], [2]])("AB2 in a table", () => {});',
    "test.skipIf(isRoot())(`AB3 as a template ${1}`, () => {});",
    'for (const n of names) test(\n  "AB4 in a loop", () => {});',
    "  test(name, () => {});",
  ].join("\n");
  expect(findTestTitles(source)).toEqual(["AB1 plain", "AB2 in a table", "AB3 as a template ${1}", "name"]);
});

test("GA3 a rule's id is given once", () => {
  const repeated = rules.filter(({ id }, index) => rules.findIndex((rule) => rule.id === id) !== index);
  expect(repeated).toEqual([]);
});
