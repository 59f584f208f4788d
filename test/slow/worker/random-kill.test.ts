import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { seeded } from "#test/seeded.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import { expectUndisturbed } from "./undisturbed.ts";

/** Moments and victims tried; each takes a few seconds. */
const ROUNDS = Number(process.env["SLUICE_KILL_ROUNDS"] ?? "20");
/** Another one each day, so that the moments differ; told with each round, and given back with SLUICE_KILL_SEED. */
const SEED = Number(process.env["SLUICE_KILL_SEED"] ?? String(Math.floor(Date.now() / 86_400_000)));
/** A round without a kill takes about as long. */
const LATEST_KILL_MS = 1_500;
/** From the start of the plain worker to the final state. */
const RECOVERY_LIMIT_MS = 60_000;

const bench = openBenches();

interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
}

/** A process and all that it started, the process first. */
function tree(root: number): readonly number[] {
  const lines = readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? processLine(Number(name)) : []));
  const found = [root];
  for (const pid of found)
    found.push(...lines.filter(({ parent }) => parent === pid).map((line) => line.pid));
  return found;
}

function processLine(pid: number): readonly ProcessLine[] {
  const stat = textOf(`/proc/${pid}/stat`);
  const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  return stat === "" ? [] : [{ pid, parent }];
}

/** Kills one of the tree, the worker itself most often; answers its command line. */
function killOne(root: number, random: () => number): string {
  const victims = tree(root);
  const at = random() < 0.4 ? 0 : Math.floor(random() * victims.length);
  const pid = victims[at] ?? root;
  const command = textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(-160);
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return "nothing"; // A moment at which it has ended is one of those to be tried.
  }
  return at === 0 ? "the worker" : command;
}

/** Empty where the process has ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function drained(b: WorkerBench, seed: number): Promise<void> {
  const random = seeded(seed);
  await b.add({ title: "First" });
  await b.add({ title: "Second" });
  const robot = b.agent("robot", writeAndFinish("$SLUICE_ITEM.txt"));
  const child = b.spawn([robot], 2);
  const printed = new Response(child.stdout).text();
  const afterMs = Math.round(random() * LATEST_KILL_MS);
  await Bun.sleep(afterMs);
  const killed = `seed ${seed}: after ${afterMs} ms killed ${killOne(child.pid, random)}`;
  console.error(killed);
  const before = await printed;
  const startedAt = performance.now();
  const after = (await b.work([robot])).map((event) => JSON.stringify(event));
  const story = [killed, before, ...after].join("\n");
  expect(performance.now() - startedAt, story).toBeLessThan(RECOVERY_LIMIT_MS);
  await expectUndisturbed(b, 2, story);
}

test.skipIf(process.platform !== "linux").each(Array.from({ length: ROUNDS }, (_, round) => round))(
  "WK42 one process killed at a random moment changes nothing of the final state, round %i",
  async (round) => {
    const b = await bench({
      check: "ls OB-*.txt && sleep 0.1",
      checkedOut: round % 3 === 0,
    });
    await drained(b, SEED * 1_000 + round);
  },
);
