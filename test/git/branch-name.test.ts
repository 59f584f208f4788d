import { expect, test } from "bun:test";
import fc from "fast-check";
import { isBranchName, runBranch } from "#domain/git-ref/branch-name.ts";

const gitTakes = (name: string) =>
  Bun.spawnSync(["git", "check-ref-format", `refs/heads/${name}`], { env: { PATH: process.env.PATH ?? "" } })
    .exitCode === 0;

test("GI8 a run's branch is sluice/ITEM-RUN-slug, ASCII, at most 40 characters of title, for any title", () => {
  expect(runBranch({ item: "OB-12", run: 31, title: "Fix the café’s  LOGIN!" })).toBe(
    "sluice/OB-12-R31-fix-the-cafes-login",
  );
  expect(runBranch({ item: "OB-12", run: 31, title: "日本語 🎉" })).toBe("sluice/OB-12-R31");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (title) => {
      const branch = runBranch({ item: "OB-1", run: 2, title });
      expect(branch).toMatch(/^sluice\/OB-1-R2(-[a-z0-9]+)*$/);
      expect(branch.length).toBeLessThanOrEqual("sluice/OB-1-R2-".length + 40);
    }),
  );
});

test.each([
  [`${"word ".repeat(7)}${"x".repeat(5)} end`, `${"word-".repeat(7)}xxxxx`],
  [`${"word ".repeat(7)}${"x".repeat(6)}`, "word-word-word-word-word-word-word"],
  ["x".repeat(50), "x".repeat(40)],
])("a long title is cut after a word, a long word anywhere: %s", (title, slug) => {
  expect(runBranch({ item: "OB-1", run: 2, title })).toBe(`sluice/OB-1-R2-${slug}`);
});

test("a branch's name is taken only if git takes it", () => {
  const bad = [
    "",
    "-x",
    "/x",
    "x/",
    "x.",
    ".x",
    "a//b",
    "a/.b",
    "a..b",
    "a.lock",
    "a.lock/b",
    "a b",
    "a~",
    "a^",
    "a:",
    "a?",
    "@",
    "HEAD",
  ];
  for (const name of [...bad, "a*", "a[", "a\\", "a@{b", "a\n", "a\u007f"])
    expect([name, isBranchName(name)]).toEqual([name, false]);
  const part = fc.constantFrom(
    "a",
    "B",
    "1",
    "-",
    "/",
    ".",
    "..",
    "@",
    "{",
    ".lock",
    "~",
    " ",
    "é",
    "\t",
    "*",
    "HEAD",
    "日",
  );
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const name = parts.join("");
      if (isBranchName(name)) expect([name, gitTakes(name)]).toEqual([name, true]);
    }),
    { numRuns: 60 },
  );
});
