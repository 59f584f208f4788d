// `npm run mutate -- --sample 100 --seed 7 [--changed [SINCE]] [--widest 40] [--jobs 2] [--in src/store/claim]`: plants random faults in the
// product, one at a time, and tells which no test sees.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { startPostgres } from "#test/postgres.ts";

import { endLeftBehind } from "./left-behind.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { mapTests } from "./nearest-tests.ts";
import { closingLine } from "./outcome.ts";
import { copyRepository } from "./repository-copy.ts";
import { ROOT, runProgram } from "./run-program.ts";
import { applyEdits } from "./syntax.ts";

const PARTS = ["domain", "store", "operations", "worker"];
/** Test files run in turn: a few that are likely to see a fault, then more. */
const ROUNDS = [3, 9, 28];
/** A mutant that makes a test wait for ever is seen too. */
const TEST_TIMEOUT_MS = 60_000;
/** Of mutants that live; the fewest that a sample of the size that is asked for may leave. */
const GOAL = 0.8;

const { values } = parseArgs({
  options: {
    sample: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    changed: { type: "string" },
    widest: { type: "string", default: "40" },
    jobs: { type: "string", default: "2" },
    in: { type: "string", default: "src" },
  },
});

type Verdict = "killed" | "survived" | "by compiler";

/** The same numbers in [0, 1) for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const textOf = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** Files to plant in: those that changed since a commit, or all. */
async function chosenFiles(): Promise<readonly string[]> {
  const all = PARTS.flatMap((one) => [...new Bun.Glob(`src/${one}/**/*.ts`).scanSync(ROOT)])
    .filter((path) => path.startsWith(values.in))
    .toSorted();
  if (values.changed === undefined) return all;
  const { code, output } = await runProgram(["git", "diff", "--name-only", values.changed, "--", "src"], {
    output: "keep",
  });
  if (code !== 0) throw new Error(output);
  return all.filter((path) => output.split("\n").includes(path));
}

function sample(mutants: readonly Mutant[], size: number, random: () => number): readonly Mutant[] {
  const keyed = mutants.map((mutant) => ({ mutant, key: random() }));
  return keyed
    .toSorted((a, b) => a.key - b.key)
    .slice(0, size)
    .map(({ mutant }) => mutant);
}

const mutated = ({ path, edit }: Mutant): string => applyEdits(textOf(path), [edit]);

/** Each mutant stands beside its file under a name of its own, so that one run of the compiler reads them all. */
async function refusedByCompiler(copy: string, mutants: readonly Mutant[]): Promise<ReadonlySet<Mutant>> {
  const beside = mutants.map((mutant, at) => mutant.path.replace(/\.ts$/, `.mutant-${at}.ts`));
  for (const [at, mutant] of mutants.entries()) writeFileSync(join(copy, beside[at] ?? ""), mutated(mutant));
  const config = { extends: "./tsconfig.json", include: ["src"] };
  writeFileSync(join(copy, "tsconfig.mutants.json"), JSON.stringify(config));
  const argv = [
    join(ROOT, "node_modules/.bin/tsc"),
    "--noEmit",
    "--pretty",
    "false",
    "-p",
    "tsconfig.mutants.json",
  ];
  const { code, output } = await runProgram(argv, { cwd: copy, output: "keep" });
  if (code !== 0 && !/: error TS\d+:/.test(output))
    throw new Error(`The compiler did not end by itself: ${output}`);
  for (const path of beside) rmSync(join(copy, path));
  const blamed = new Set([...output.matchAll(/^(src\/[^(]+)\(/gm)].map(([, path]) => path));
  const innocent = [...blamed].filter((path) => path !== undefined && !path.includes(".mutant-"));
  if (innocent.length > 0) throw new Error(`The product itself does not compile: ${innocent.join(", ")}`);
  return new Set(mutants.filter((_, at) => blamed.has(beside[at] ?? "")));
}

type Run = (copy: string, files: readonly string[]) => Promise<readonly string[]>;

/** Answers the files that failed; the first ends the run. */
const runner =
  (postgresUrl: string): Run =>
  async (copy, files) => {
    const temporary = `${copy}-temporary`;
    mkdirSync(temporary, { recursive: true });
    const mark = crypto.randomUUID();
    const argv = ["test", "--bail", `--timeout=${TEST_TIMEOUT_MS}`, ...files.map((file) => `./${file}`)];
    const { code, output } = await runProgram([process.execPath, ...argv], {
      cwd: copy,
      output: "keep",
      env: {
        ...process.env,
        SLUICE_TEST_POSTGRES_URL: postgresUrl,
        SLUICE_TEST_RUN: mark,
        TMPDIR: temporary,
      },
    });
    await endLeftBehind(`SLUICE_TEST_RUN=${mark}`);
    rmSync(temporary, { recursive: true, force: true });
    if (code === 0) return [];
    const started = files.filter((file) => output.includes(`${file}:`));
    return started.length === 0 ? files : started.slice(-1);
  };

/** What the tests that reach a mutant say of it. A test file that is red without it too kills nothing. */
async function judge(copy: string, mutant: Mutant, tests: readonly string[], run: Run, green: Green) {
  const file = join(copy, mutant.path);
  let left = tests.slice(0, Number(values.widest));
  for (const size of ROUNDS) {
    for (let round = left.slice(0, size); round.length > 0;) {
      writeFileSync(file, mutated(mutant));
      const failed = await run(copy, round);
      writeFileSync(file, textOf(mutant.path));
      if (failed.length === 0) break;
      if (await green(copy, failed)) return { verdict: "killed" as const, by: failed };
      round = round.filter((one) => !failed.includes(one));
    }
    left = left.slice(size);
  }
  return { verdict: "survived" as const, by: [] };
}

type Green = (copy: string, files: readonly string[]) => Promise<boolean>;

function memoizedGreen(run: Run): Green {
  const known = new Map<string, Promise<boolean>>();
  return async (copy, files) => {
    const key = files.join(" ");
    const asked = known.get(key) ?? run(copy, files).then((failed) => failed.length === 0);
    known.set(key, asked);
    return await asked;
  };
}

function report(mutant: Mutant, verdict: Verdict, by: readonly string[]): void {
  const { path, line, operator, edit } = mutant;
  console.log(
    `${verdict.padEnd(11)} ${path}:${line} ${operator}${by.length === 0 ? "" : `, by ${by.join(" ")}`}`,
  );
  if (verdict !== "survived") return;
  const short = (text: string): string => text.replaceAll(/\s+/g, " ").slice(0, 200);
  console.log(`    - ${short(textOf(path).slice(edit.start, edit.end))}\n    + ${short(edit.text)}`);
}

async function main(): Promise<void> {
  const files = await chosenFiles();
  const all = files.flatMap((path) => mutantsOf(path, textOf(path)));
  const chosen = sample(all, Number(values.sample), seeded(Number(values.seed)));
  console.log(`${chosen.length} of ${all.length} mutants in ${files.length} files, seed ${values.seed}`);
  const { seeing } = mapTests();
  const copies = await Promise.all(Array.from({ length: Number(values.jobs) + 1 }, () => copyRepository()));
  const [forCompiler = "", ...forTests] = copies;
  const postgres = await startPostgres();
  const counts: Record<Verdict, number> = { killed: 0, survived: 0, "by compiler": 0 };
  try {
    let refused: ReadonlySet<Mutant> | undefined;
    // The compiler takes long, and tests need not wait for it: what it refuses later is told again.
    const compiled = refusedByCompiler(forCompiler, chosen).then((found) => (refused = found));
    const run = runner(postgres.url);
    const green = memoizedGreen(run);
    const waiting = [...chosen];
    const judged: (readonly [Mutant, Verdict])[] = [];
    const work = async (copy: string): Promise<void> => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        if (refused?.has(mutant) === true) {
          judged.push([mutant, "by compiler"]);
          continue;
        }
        const { verdict, by } = await judge(copy, mutant, seeing(mutant), run, green);
        judged.push([mutant, verdict]);
        report(mutant, verdict, by);
      }
    };
    const [found] = await Promise.all([compiled, ...forTests.map(work)]);
    for (const [mutant, verdict] of judged) {
      if (found.has(mutant)) report(mutant, "by compiler", []);
      counts[found.has(mutant) ? "by compiler" : verdict] += 1;
    }
  } finally {
    await postgres.stop();
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  }
  const alive = counts.killed + counts.survived;
  const share = alive === 0 ? 1 : counts.killed / alive;
  console.log(
    `\n${counts.killed} of ${alive} that compile were killed (${(100 * share).toFixed(0)} %, goal ${100 * GOAL} %); ` +
      `${counts["by compiler"]} more were refused by the compiler`,
  );
  console.log(`\n${closingLine({ passed: counts.killed, failed: share >= GOAL ? 0 : counts.survived })}`);
  process.exitCode = share >= GOAL ? 0 : 1;
}

await main();
