/** What is done to a healthy copy of the repository to see a gate go red. Paths are relative to the copy. */
export interface Violation {
  readonly name: string;
  readonly gate: Gate;
  /** What the gate's output must say, so that it is red for the right reason. */
  readonly says: string;
  readonly plant: Readonly<Record<string, Edit>>;
}

/** A new file's text, what becomes of the text that is there, or where a new symbolic link leads. */
type Edit = string | ((text: string) => string) | { readonly linkTo: string };

/** `lint` and `format` look at the planted files only, `rules` runs the tests of `test/gates`. */
export type Gate = "types" | "lint" | "format" | "dead code" | "rules";

const DATABASES = ["kysely", "pg", "bun:sqlite"];
/** For each part of `src`, what it may not import: parts by their alias, packages by their name. */
const FORBIDDEN_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  domain: [
    "#operations",
    "#store",
    "#git",
    "#runners",
    "#worker",
    "#formats",
    "#cli",
    "#mcp",
    "#http",
    "node:fs",
    ...DATABASES,
  ],
  operations: [
    "#store",
    "#git",
    "#runners",
    "#worker",
    "#formats",
    "#cli",
    "#mcp",
    "#http",
    "node:fs",
    ...DATABASES,
  ],
  store: ["#git", "#runners", "#worker", "#formats", "#cli", "#mcp", "#http", "node:child_process"],
  git: ["#store", "#runners", "#worker", "#formats", "#cli", "#mcp", "#http", ...DATABASES],
  runners: ["#store", "#git", "#worker", "#formats", "#cli", "#mcp", "#http", ...DATABASES],
  formats: [
    "#store",
    "#git",
    "#runners",
    "#worker",
    "#cli",
    "#mcp",
    "#http",
    "node:child_process",
    ...DATABASES,
  ],
  worker: [
    "#store",
    "#git",
    "#runners",
    "#formats",
    "#cli",
    "#mcp",
    "#http",
    "node:child_process",
    ...DATABASES,
  ],
  cli: ["#store", "#git", "#runners", "#worker", "#formats", ...DATABASES],
  mcp: ["#store", "#git", "#runners", "#worker", "#formats", ...DATABASES],
  http: ["#store", "#git", "#runners", "#worker", "#formats", ...DATABASES],
};

function lintViolation(
  name: string,
  rule: string,
  source: string,
  path = "src/domain/planted.ts",
): Violation {
  return { name, gate: "lint", says: `(${rule})`, plant: { [path]: source } };
}

const importViolations = Object.entries(FORBIDDEN_IMPORTS).flatMap(([part, targets]) =>
  [...targets, "..", "./.."].map((target) => {
    const module = /^[#.]/.test(target) ? `${target}/planted-target.ts` : target;
    const source = `import type { planted } from "${module}";\nexport type Planted = typeof planted;\n`;
    return lintViolation(
      `${part} imports ${target}`,
      "no-restricted-imports",
      source,
      `src/${part}/planted.ts`,
    );
  }),
);

const lintViolations = [
  lintViolation(
    "a baseline imports the store",
    "no-restricted-imports",
    'import type { planted } from "#store/planted.ts";\nexport type Planted = typeof planted;\n',
    "bench/baseline/planted.ts",
  ),
  lintViolation(
    "a dynamic import",
    "no-restricted-imports",
    'export const planted = import("#store/planted.ts");\n',
  ),
  lintViolation("a require", "no-require-imports", 'export const planted: unknown = require("node:fs");\n'),
  {
    name: "a cycle of types",
    gate: "lint",
    says: "(no-cycle)",
    plant: {
      "src/domain/planted.ts": 'import type { B } from "#domain/planted-b.ts";\nexport type A = B | 1;\n',
      "src/domain/planted-b.ts": 'import type { A } from "#domain/planted.ts";\nexport type B = A | 2;\n',
    },
  },
  lintViolation("any", "no-explicit-any", "export const planted = (value: any): number => Number(value);\n"),
  lintViolation(
    "non-null",
    "no-non-null-assertion",
    "export const planted = (value?: string) => value!.length;\n",
  ),
  lintViolation(
    "a floating promise",
    "no-floating-promises",
    "const planted = async () => 1;\nexport const start = () => {\n  planted();\n};\n",
  ),
  lintViolation("unsafe any", "no-unsafe-assignment", 'export const planted = { value: JSON.parse("1") };\n'),
  lintViolation("a default export", "no-default-export", "export default 1;\n"),
  lintViolation("a long file", "max-lines", "export {};\n".repeat(401)),
  lintViolation(
    "a long function",
    "max-lines-per-function",
    `export function planted(): number {\n  let sum = 0;\n${"  sum += 1;\n".repeat(60)}  return sum;\n}\n`,
  ),
  lintViolation(
    "a file name in capitals",
    "filename-case",
    "export const planted = 1;\n",
    "src/domain/plantedFile.ts",
  ),
  lintViolation(
    "the clock in the domain",
    "no-restricted-properties",
    "export const planted = () => Date.now();\n",
  ),
  lintViolation(
    "a program run by the store",
    "no-restricted-properties",
    'export const planted = () => Bun.spawn(["true"]);\n',
    "src/store/planted.ts",
  ),
] as const satisfies readonly Violation[];

const otherViolations = [
  {
    name: "an enum",
    gate: "types",
    says: "TS1294",
    plant: { "src/domain/planted.ts": "export enum Planted {\n  One,\n}\n" },
  },
  {
    name: "an unchecked index",
    gate: "types",
    says: "TS2322",
    plant: { "src/domain/planted.ts": "export const planted = (list: number[]): number => list[0];\n" },
  },
  {
    name: "a state that the lifecycle did not give",
    gate: "types",
    says: "GivenState",
    plant: {
      "src/domain/planted.ts": `import type { ItemChange } from "./item/item.ts";\nexport const planted: ItemChange = { state: "done" };\n`,
    },
  },
  {
    name: "bad format",
    gate: "format",
    says: "planted.ts",
    plant: { "src/domain/planted.ts": "export  const a=1\n" },
  },
  {
    name: "a dead file",
    gate: "dead code",
    says: "src/domain/planted.ts",
    plant: { "src/domain/planted.ts": "export const planted = 1;\n" },
  },
  {
    name: "a dead export",
    gate: "dead code",
    says: "plantedExport",
    plant: { "scripts/outcome.ts": (text) => `${text}\nexport const plantedExport = 1;\n` },
  },
  {
    name: "an unused dependency",
    gate: "dead code",
    says: "planted-package",
    plant: {
      "package.json": (text) =>
        text.replace('"dependencies": {', '"dependencies": {\n    "planted-package": "1.0.0",'),
    },
  },
  {
    name: "a rule without a test",
    gate: "rules",
    says: "(fail) GA1",
    plant: { "docs/spec/planted.md": "- **ZZ99** Planted.\n" },
  },
  {
    name: "a test of no rule",
    gate: "rules",
    says: "(fail) GA2",
    plant: { "test/planted/planted.test.ts": 'test("ZZ98 planted", () => {});\n' },
  },
  {
    name: "a rule given twice",
    gate: "rules",
    says: "(fail) GA3",
    plant: { "docs/spec/planted.md": "- **GA1** Planted.\n" },
  },
  {
    name: "a download address in the lock file",
    gate: "rules",
    says: "(fail) GA4",
    plant: {
      "package-lock.json": (text) =>
        text.replace('"integrity":', '"resolved": "planted",\n      "integrity":'),
    },
  },
  {
    name: "an optional dependency without an entry",
    gate: "rules",
    says: "(fail) GA5",
    plant: {
      "package-lock.json": (text) =>
        text.replace(
          '"optionalDependencies": {',
          '"optionalDependencies": {\n        "planted-package": "1.0.0",',
        ),
    },
  },
  {
    name: "a version range",
    gate: "rules",
    says: "(fail) GA6",
    plant: { "package.json": (text) => text.replace('"zod": "', '"zod": "^') },
  },
  {
    name: "a machine's path",
    gate: "rules",
    says: "(fail) GA7",
    plant: { "docs/planted.md": `See ${"/"}root/planted.\n` },
  },
  {
    name: "a registry's host",
    gate: "rules",
    says: "(fail) GA7",
    plant: { "docs/planted.md": `See ${"registry"}.planted.org.\n` },
  },
  {
    name: "a file of helpers",
    gate: "rules",
    says: "(fail) GA8",
    plant: { "src/domain/helpers.ts": "export const planted = 1;\n" },
  },
  {
    name: "a second file of one name",
    gate: "rules",
    says: "(fail) GA8",
    plant: { "src/forge/errors.ts": "export const planted = 1;\n" },
  },
  {
    name: "a README that runs what is not there",
    gate: "rules",
    says: "(fail) GA9",
    plant: { "README.md": "```sh\nnpm run planted\n```\n" },
  },
  {
    name: "a silenced compiler",
    gate: "rules",
    says: "(fail) GA10",
    plant: { "src/domain/planted.ts": `// ${"@ts-"}ignore\nexport const planted = 1;\n` },
  },
  {
    name: "a focused test",
    gate: "rules",
    says: "(fail) GA11",
    plant: { "test/planted/planted.ts": `test.${"only"}("GA1 planted", () => {});\n` },
  },
  {
    name: "a link out of the repository",
    gate: "rules",
    says: "(fail) GA12",
    plant: { "docs/planted": { linkTo: "../.." } },
  },
] as const satisfies readonly Violation[];

/** One violation of each gate, each planted alone. */
export const VIOLATIONS: readonly Violation[] = [...importViolations, ...lintViolations, ...otherViolations];
