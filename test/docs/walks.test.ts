import { expect, test } from "bun:test";

import { readFile } from "../gates/repository-files.ts";
import { page } from "./pages.ts";

/** Files that a section of the architecture names as one step of a walk. */
function walk(heading: string): readonly (readonly string[])[] {
  const { text } = page("docs/architecture.md");
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  return [...section.matchAll(/^\d+\. (.*)$/gm)].map(([, step = ""]) =>
    [...step.matchAll(/`(src\/[\w./-]+\.ts)`/g)].map(([, path = ""]) => path),
  );
}

/** A file that is not there has no lines. */
const lines = (path: string): number => (readFile(path) ?? "").split("\n").length - 1;

test("a reader knows what a claim does after 12 files of 1,500 lines, with either database", () => {
  const steps = walk("What a claim does");
  expect(steps.length).toBeGreaterThan(0);
  expect(steps.length).toBeLessThanOrEqual(12);
  expect(steps.filter((files) => files.length === 0)).toEqual([]);
  expect(steps.flat().filter((path) => lines(path) === 0)).toEqual([]);
  const longest = steps.map((files) => Math.max(...files.map(lines)));
  expect(longest.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(1_500);
});

test("a field is added to an item in 6 files", () => {
  const steps = walk("Add a field to an item");
  expect(steps.length).toBeGreaterThan(0);
  expect(steps.length).toBeLessThanOrEqual(6);
  expect(steps.flat().filter((path) => lines(path) === 0)).toEqual([]);
});
