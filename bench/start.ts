import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder, sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";

const ROUNDS = 41;
const ROOT = join(import.meta.dir, "..");

/** Whole processes, from the start to the end, of the compiled program. */
export const start = {
  title: "Start of the compiled program",
  run: async (): Promise<readonly ClaimResult[]> => {
    const home = benchFolder();
    const { sluice, empty } = await compiledPrograms(home);
    const small = await sqliteFixture({ items: 100_000, variant: "zipf" });
    const large = await sqliteFixture({ items: 1_000_000, variant: "zipf" });
    const next = (place: string) => [sluice, "next", "--json", "--workspace", place];
    const [none, version, at100k, at1m] = inTurns(home, [
      [empty],
      [sluice, "--version"],
      next(small),
      next(large),
    ]);
    const result = (
      claim: string,
      ours: number,
      against: string,
      theirs: number,
      atMost: number,
    ): ClaimResult => ({
      claim,
      measured: `${ours.toFixed(1)} ms`,
      against: `${theirs.toFixed(1)} ms ${against}`,
      ratio: ours / theirs,
      limit: { atMost },
    });
    return [
      result("`sluice --version`", version, "for an empty compiled program", none, 1.5),
      result("`sluice next --json` at 100,000 items", at100k, "for an empty compiled program", none, 2.5),
      result("`sluice next --json` at 1,000,000 items", at1m, "at 100,000", at100k, 1.3),
    ];
  },
};

/** The product and an empty program, compiled alike. */
export async function compiledPrograms(
  home: string,
): Promise<{ readonly sluice: string; readonly empty: string }> {
  const sluice = join(home, "sluice");
  const empty = join(home, "empty");
  build([join(ROOT, "scripts", "build.ts"), sluice]);
  await buildEmpty(home, empty);
  return { sluice, empty };
}

function build(argv: readonly string[]): void {
  const run = Bun.spawnSync([process.execPath, ...argv], { cwd: ROOT });
  if (run.exitCode !== 0) throw new Error(`The build failed: ${run.stderr.toString()}`);
}

/** Compiled as the product is, with nothing in it. */
async function buildEmpty(home: string, outfile: string): Promise<void> {
  const folder = join(home, "empty-source");
  mkdirSync(folder);
  writeFileSync(join(folder, "empty.ts"), "export {};\n");
  const built = await Bun.build({
    entrypoints: [join(folder, "empty.ts")],
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
    minify: true,
    bytecode: true,
    format: "esm",
  });
  if (!built.success) throw new Error("The empty program does not compile");
}

/** Median wall time of each command line, milliseconds; one of each per round, so that all see the same machine. */
function inTurns<const L extends readonly (readonly string[])[]>(
  home: string,
  lines: L,
): { [K in keyof L]: number } {
  const waits = lines.map((): number[] => []);
  const env = { HOME: home, PATH: process.env["PATH"] ?? "", USER: "ada" };
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [at, line] of lines.entries()) {
      const begun = performance.now();
      const run = Bun.spawnSync([...line], { cwd: home, env, stdin: "ignore" });
      const ms = performance.now() - begun;
      if (run.exitCode !== 0) throw new Error(`${line.join(" ")} failed: ${run.stderr.toString()}`);
      if (round > 0) waits[at]?.push(ms);
    }
  return lines.map((_, at) => median(waits[at] ?? [])) as { [K in keyof L]: number };
}
