import { expect, test } from "bun:test";
import { differsAt, findGuardedPaths, parseGuardedPath } from "#domain/guard/guarded-path.ts";

test("keys belong to a JSON or TOML file alone; any other path is taken whole", () => {
  expect(parseGuardedPath("**/package.json#scripts,jest")).toEqual({
    text: "**/package.json#scripts,jest",
    pattern: "**/package.json",
    keys: ["scripts", "jest"],
  });
  for (const whole of ["a#b", "docs/c#.md", "x.json#", "x.json#a/b", "Makefile"])
    expect(parseGuardedPath(whole)).toEqual({ text: whole, pattern: whole, keys: undefined });
});

test("values differ at a key where one is there alone, or they are not equal; what is inherited is not there", () => {
  expect(differsAt(["a.b"], { a: { b: 1 } }, { a: { b: 1, c: 2 } })).toBe(false);
  expect(differsAt(["x", "a.b"], { a: { b: 1 } }, { a: { b: 2 } })).toBe(true);
  expect(differsAt(["a.b"], { a: 1 }, { a: { b: null } })).toBe(true);
  expect(differsAt(["toString", "a.length"], { a: [] }, undefined)).toBe(true);
  expect(differsAt(["toString"], {}, undefined)).toBe(false);
});

test("the files of common ecosystems are found, at the root and below, and nothing that is only called alike", () => {
  const found = (...files: string[]) => {
    const { testPaths, protectedPaths } = findGuardedPaths(files);
    return [...testPaths, ...protectedPaths];
  };
  expect(found("README.md", "src/latest.ts", "contest/a.ts", "src/testing.ts", "Makefile.md")).toEqual([]);
  const one: Readonly<Record<string, string>> = {
    "web/a.spec.tsx": "**/*.spec.*",
    "test_a.py": "**/test_*.py",
    "a/b_test.go": "**/*_test.go",
    "tests/it.rs": "**/tests/",
    "lib/src/test/java/A.java": "**/src/test/",
    ".gitlab-ci.yml": ".gitlab-ci.yml",
    "packages/a/package.json": "**/package.json#scripts,jest,mocha,ava,husky,lint-staged,simple-git-hooks",
    "vitest.config.ts": "**/{vitest,jest,playwright,cypress,vite,karma}.config.*",
    "Cargo.toml": "**/Cargo.toml#package.build,profile,test,bench",
    "app/build.gradle.kts": "**/*.gradle.kts",
    "lefthook.yml": "{.,}lefthook.yml",
    "App.Tests/A.cs": "**/*.Tests/",
    ".claude/settings.local.json": ".claude/settings*.json",
  };
  for (const [file, pattern] of Object.entries(one)) expect([file, ...found(file)]).toContain(pattern);
});

test("twenty thousand files are looked through in no time", () => {
  const files = Array.from({ length: 20_000 }, (_, at) => `src/part-${at % 40}/latest-${at}.ts`);
  const begun = performance.now();
  expect(findGuardedPaths(files)).toEqual({ testPaths: [], protectedPaths: [] });
  expect(performance.now() - begun).toBeLessThan(1_000);
});
