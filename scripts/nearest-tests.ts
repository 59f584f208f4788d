import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { z } from "zod";

import type { Mutant } from "./mutants.ts";
import { ROOT } from "./run-program.ts";

/** What a file names in quotes: modules it imports, programs it starts. */
const NAMED = /["'`]((?:#[\w-]+\/|\.{1,2}\/|[\w-]+\.ts)[\w./-]*)["'`]/g;

/** Alias of a folder → the folder, as package.json says it. */
type Aliases = ReadonlyMap<string, string>;

export interface TestMap {
  /** Files whose tests can see a mutant, the likeliest first. */
  readonly seeing: (mutant: Pick<Mutant, "path" | "inside">) => readonly string[];
}

/** Knows from the imports which test files reach which part of the product, also through the programs that they start. */
export function mapTests(): TestMap {
  const aliases = readAliases();
  const files = ["src", "test", "bin"].flatMap((folder) =>
    [...new Bun.Glob(`${folder}/**/*`).scanSync(ROOT)].filter((path) => /\.ts$|^bin\//.test(path)),
  );
  const texts = new Map(files.map((path) => [path, readFileSync(join(ROOT, path), "utf8")]));
  const names = new Map([...texts].map(([path, text]) => [path, namedIn(path, text, aliases)]));
  const tests = files.filter((path) => path.endsWith(".test.ts") && !path.startsWith("test/slow/"));
  const distances = new Map(tests.map((path) => [path, distancesFrom(path, names)]));
  const seeing: TestMap["seeing"] = (mutant) => {
    const reached = tests.filter((path) => distances.get(path)?.has(mutant.path) === true);
    const score = (path: string): number => {
      const distance = distances.get(path)?.get(mutant.path) ?? 0;
      return affinity(mutant, path, texts.get(path) ?? "") - distance;
    };
    const scores = new Map(reached.map((path) => [path, score(path)]));
    return reached.toSorted((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
  };
  return { seeing };
}

function readAliases(): Aliases {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const { imports } = z.object({ imports: z.record(z.string(), z.string()) }).parse(manifest);
  const folders = Object.entries(imports).filter(([alias]) => alias.endsWith("/*"));
  return new Map(folders.map(([alias, folder]) => [dirname(alias), dirname(folder)]));
}

/** How much a test file speaks of what a mutant stands in: its function, the words of its file, its folder. */
function affinity({ path, inside }: Pick<Mutant, "path" | "inside">, test: string, text: string): number {
  const words = (path.split("/").at(-1) ?? "").replace(/\.ts$/, "").split("-");
  const folder = dirname(path).split("/").at(-1) ?? "";
  const times = (word: string): number =>
    word.length < 3 ? 0 : text.split(new RegExp(`\\b${word}`, "gi")).length - 1;
  const spoken = words.map((word) => Math.min(times(word), 8)).reduce((sum, n) => sum + n, 0);
  const named = words.filter((word) => test.includes(word)).length + (test.includes(folder) ? 1 : 0);
  return 2 * Math.min(times(inside), 8) + spoken / words.length + 4 * named;
}

function namedIn(path: string, text: string, aliases: Aliases): readonly string[] {
  const found = new Set<string>();
  for (const [, name = ""] of text.matchAll(NAMED)) {
    const [alias = "", ...rest] = name.split("/");
    const folder = aliases.get(alias);
    const target = folder === undefined ? join(dirname(path), name) : join(folder, ...rest);
    found.add(normalize(target) === "bin" ? "bin/sluice" : normalize(target));
  }
  if (path.startsWith("bin/")) found.add("src/main.ts");
  return [...found].filter((target) => target !== path && existsSync(join(ROOT, target)));
}

function distancesFrom(
  start: string,
  names: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const distances = new Map([[start, 0]]);
  for (const [path, distance] of distances)
    for (const next of names.get(path) ?? []) if (!distances.has(next)) distances.set(next, distance + 1);
  return distances;
}
