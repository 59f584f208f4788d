import { expect, test } from "bun:test";

import { mutantsOf } from "../../scripts/mutants.ts";
import { mapTests } from "../../scripts/nearest-tests.ts";
import { applyEdits, parse } from "../../scripts/syntax.ts";
import { listFiles, readFile } from "./repository-files.ts";

const SOURCE = `import { other } from "./other.ts";
export function claim(a: number, list: readonly string[]): string | undefined {
  if (a < 1 && list.length === 0) throw new Error("no words of this sentence");
  other(sql\`select 1 where x is null and y <> 2\`);
  return list[0] ?? "none";
}
`;

const changed = SOURCE.split("\n").map((line) => line.trim());

test("faults are made of the syntax tree, and each changes one place", () => {
  const made = mutantsOf("claim.ts", SOURCE).map(({ line, operator, inside, edit }) => {
    const text = applyEdits(SOURCE, [edit]);
    expect(() => parse("claim.ts", text)).not.toThrow();
    const lines = text.split("\n").map((one) => one.trim());
    expect(lines.filter((one, at) => one !== changed[at])).toHaveLength(1);
    return [inside, line, operator, lines[line - 1]];
  });
  const of = (operator: string) => made.filter(([, , name]) => name === operator).map(([, , , line]) => line);
  expect(new Set(made.map(([inside]) => inside))).toEqual(new Set(["claim"]));
  expect(of("< to <=")).toEqual([
    'if (((a) <= (1)) && list.length === 0) throw new Error("no words of this sentence");',
  ]);
  expect(of("drop a throw")).toEqual(["if (a < 1 && list.length === 0) ;"]);
  expect(of("drop a statement")).toEqual([";"]);
  expect(of("drop a default")).toEqual(["return (list[0]);"]);
  expect(of("another text")).toEqual(['return list[0] ?? "";']);
  const names = new Set(made.map(([, , name]) => name));
  const wanted = [
    "negate a condition",
    "&& to ||",
    "keep the left side",
    "keep the right side",
    "=== to !==",
    "one more",
    "return nothing",
    "SQL: is null to is not null",
    "SQL: and to or",
    "SQL: <> to =",
  ];
  expect(wanted.filter((name) => !names.has(name))).toEqual([]);
});

test("faults of the product parse", () => {
  const parts = /^src\/(?:domain|store|operations|worker)\/.*\.ts$/;
  const files = listFiles().filter((path) => parts.test(path));
  let count = 0;
  for (const path of files.filter((_, at) => at % 9 === 0)) {
    const text = readFile(path) ?? "";
    for (const { edit } of mutantsOf(path, text).filter((_, at) => at % 10 === 0)) {
      count += 1;
      expect(() => parse(path, applyEdits(text, [edit]))).not.toThrow();
    }
  }
  expect(count).toBeGreaterThan(100);
});

test("the tests that reach a fault are found through imports and the programs that tests start", () => {
  const { seeing } = mapTests();
  const tests = seeing({ path: "src/store/copy/copy-workspace.ts", inside: "finishCopy" });
  expect(tests.slice(0, 4)).toContain("test/copy/copy-workspace.test.ts");
  expect(seeing({ path: "src/main.ts", inside: "" })).toContain("test/docs/three-days.test.ts");
  expect(tests.every((path) => !path.startsWith("test/slow/"))).toBe(true);
});
