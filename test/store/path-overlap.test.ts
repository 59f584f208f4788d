import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  literalPrefix,
  matchesPattern,
  normalizePattern,
  patternsOverlap,
} from "#domain/schedule/path-overlap.ts";

const NAMES = ["a", "b", "aa", "ab", "ba", "bb", "abb"];
/** Every path of up to four parts: if any path matches two of the patterns below, one of these does. */
const PATHS = pathsOf(4);

function pathsOf(parts: number): readonly string[] {
  if (parts === 1) return NAMES;
  return [...NAMES, ...pathsOf(parts - 1).flatMap((path) => NAMES.map((name) => `${name}/${path}`))];
}

const part = fc.constantFrom(
  "a",
  "b",
  "ab",
  "*",
  "**",
  "?",
  "a?",
  "*b",
  "[ab]",
  "[!a]",
  "{a,b}",
  "{b,ab}b",
  "{a,ba/*}",
);
const glob = fc.array(part, { minLength: 1, maxLength: 2 }).map((parts) => parts.join("/"));

/** What the patterns mean, by Bun's matcher and the rule that a literal is also a folder. */
function matches(pattern: string, path: string): boolean {
  if (/[*?[{]/.test(pattern)) return new Bun.Glob(pattern).match(path);
  return path === pattern || path.startsWith(`${pattern}/`);
}

test("RD22 two patterns overlap when a path matches both, and only then", () => {
  fc.assert(
    fc.property(glob, glob, (one, other) => {
      const both = PATHS.find((path) => matches(one, path) && matches(other, path));
      expect([one, other, patternsOverlap(one, other)]).toEqual([one, other, both !== undefined]);
      expect(patternsOverlap(other, one)).toBe(both !== undefined);
    }),
    { numRuns: 3_000 },
  );
});

test("RD22 a file matches a pattern as Bun's matcher has it, whatever its name holds", () => {
  fc.assert(
    fc.property(glob, fc.constantFrom(...PATHS), (pattern, path) => {
      expect([pattern, path, matchesPattern(pattern, path)]).toEqual([pattern, path, matches(pattern, path)]);
    }),
    { numRuns: 2_000 },
  );
  expect(matchesPattern("app/[id].ts", "app/[id].ts")).toBe(true);
  expect(matchesPattern("app/*.ts", "app/[id]{a}*?\\.ts")).toBe(true);
  expect(matchesPattern("app/a.ts", "app/?.ts")).toBe(false);
});

test("RD22 what is written decides: literals, folders, wildcards, classes, groups, escapes", () => {
  const cases = [
    ["src/*.ts", "src/a.md", false],
    ["src/*.ts", "src/db/a.ts", false],
    ["src/*.ts", "src", true],
    ["src/**/*.test.ts", "src/**/*.ts", true],
    ["src/**/*.test.ts", "src/**/*.md", false],
    ["**/a.ts", "docs/", true],
    ["src/", "src", true],
    ["src/*/", "src/a/b/c.ts", true],
    ["src/*/", "src/a", true],
    ["src/a", "src/ab", false],
    ["src/./a//b", "src/a/c/../b", true],
    ["{src,lib}/a.ts", "lib/*", true],
    ["{src,lib}/a.ts", "test/**", false],
    ["[id", "?id", true],
    ["{id", "?id", true],
    ["\\*", "a", false],
    ["a/*", "a/{,b/c}", false],
    ["**", "anything", true],
  ] as const;
  expect(cases.map(([a, b]) => [a, b, patternsOverlap(a, b)])).toEqual(cases.map((one) => [...one]));
});

test("RD22 the prefixes of two patterns that overlap are found by each other", () => {
  fc.assert(
    fc.property(glob, glob, (one, other) => {
      const [a, b] = [literalPrefix(one), literalPrefix(other)];
      if (patternsOverlap(one, other)) expect(a.startsWith(b) || b.startsWith(a)).toBe(true);
    }),
  );
  expect(["src/**/a.ts", "src/a.ts", "**", "src/a?.ts", "a{b,c}/d", "a/\\*"].map(literalPrefix)).toEqual([
    "src/",
    "src/a.ts",
    "",
    "src/",
    "",
    "a/",
  ]);
});

test("RD22 a pattern that is made to be slow counts as overlapping, at once", () => {
  const slow = `${"*a".repeat(2_000)}b`;
  const start = performance.now();
  expect(patternsOverlap(slow, `${"*b".repeat(2_000)}c`)).toBe(true);
  expect(patternsOverlap(`${"{a,".repeat(1_300)}b${"}".repeat(1_300)}x`, slow)).toBe(true);
  expect(performance.now() - start).toBeLessThan(1_000);
});

test("RD37 a pattern is normalized once and stays as it then is", () => {
  expect(["./a", "a//b", "a/x/../b", ".", "./", "src/", "a/./*.ts", "x/.."].map(normalizePattern)).toEqual([
    "a",
    "a/b",
    "a/b",
    "**",
    "**",
    "src/",
    "a/*.ts",
    "**",
  ]);
  fc.assert(
    fc.property(glob, (pattern) => {
      expect(normalizePattern(normalizePattern(pattern))).toBe(normalizePattern(pattern));
    }),
  );
});
