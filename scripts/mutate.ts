// `npm run mutate`: the tests named for each planted fault are green without it and red with it. `npm run mutate -- WORDS` takes those whose name has the words.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Mutation, MUTATIONS } from "./mutations.ts";
import { closingLine } from "./outcome.ts";
import { copyRepository } from "./repository-copy.ts";
import { runProgram } from "./run-program.ts";

/** A mutant that makes a test wait for ever has been seen too. */
const TEST_TIMEOUT_MS = 30_000;

type Seen = "green" | "red" | "no test";

/** What the tests that should see a fault say now. */
async function look(copy: string, [file, titles]: Mutation["seenBy"]): Promise<Seen> {
  const argv = ["test", file, "-t", titles, `--timeout=${TEST_TIMEOUT_MS}`];
  const bun = join(copy, "node_modules/.bin/bun");
  const { code, output } = await runProgram([bun, ...argv], { cwd: copy, output: "keep" });
  if (/^\(fail\)/m.test(output)) return "red";
  return code === 0 && /^ [1-9]\d* pass$/m.test(output) ? "green" : "no test";
}

function plant(copy: string, { file, find, put }: Mutation): () => void {
  const path = join(copy, file);
  const before = readFileSync(path, "utf8");
  if (before.split(find).length !== 2) throw new Error(`${find} does not stand once in ${file}`);
  writeFileSync(
    path,
    before.replace(find, () => put),
  );
  return () => writeFileSync(path, before);
}

const counts = { passed: 0, failed: 0 };
function report(wanted: Seen, found: Seen, name: string, seconds: number): void {
  counts[wanted === found ? "passed" : "failed"] += 1;
  const verdict = wanted === found ? wanted : `${found.toUpperCase()}, not ${wanted}`;
  console.log(`${verdict.padEnd(16)} ${seconds.toFixed(1).padStart(5)} s  ${name}`);
}

async function timed(copy: string, seenBy: Mutation["seenBy"]): Promise<readonly [Seen, number]> {
  const startedAt = performance.now();
  const seen = await look(copy, seenBy);
  return [seen, (performance.now() - startedAt) / 1_000];
}

const words = process.argv.slice(2).join(" ");
const chosen = MUTATIONS.filter(({ name }) => name.includes(words));
const copy = await copyRepository();
try {
  for (const key of new Set(chosen.map(({ seenBy }) => seenBy.join("\0")))) {
    const [file = "", titles = ""] = key.split("\0");
    const [seen, seconds] = await timed(copy, [file, titles]);
    report("green", seen, `${file} ${titles}`, seconds);
  }
  for (const mutation of chosen) {
    const takeOut = plant(copy, mutation);
    const [seen, seconds] = await timed(copy, mutation.seenBy);
    takeOut();
    report("red", seen, mutation.name, seconds);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`\n${closingLine(counts)}`);
process.exitCode = counts.failed === 0 ? 0 : 1;
