import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { openBenches } from "#test/open-benches.ts";
import { writeAndFinish } from "#test/agent-scripts.ts";
import type { WorkerBench } from "#test/worker-bench.ts";

/** Moments and victims tried; each takes a few seconds. */
const ROUNDS = 20;
/** A round without a kill takes about as long. */
const LATEST_KILL_MS = 2_500;
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
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return [{ pid, parent: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) }];
  } catch {
    return []; // It has ended meanwhile.
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile: a moment at which nothing happens is one of those to be tried.
  }
}

async function expectFinal(b: WorkerBench): Promise<void> {
  const subjects = b.origin.git("log", "--format=%s", "main").split("\n");
  expect(subjects.toSorted()).toEqual(["Begin", "OB-1: Write it", "OB-2: Write it"]);
  for (const id of [1, 2]) {
    const { item, evidence } = await b.store.items.get({ id });
    expect([item.state, item.lane, evidence.length]).toEqual(["done", "autonomous_safe", 1]);
  }
  expect(b.origin.git("worktree", "list").split("\n")).toHaveLength(1);
  expect(b.origin.git("fsck", "--no-dangling", "--no-progress")).toBe("");
  expect(await b.store.history.check()).toEqual([]);
}

test.skipIf(process.platform !== "linux").each(Array.from({ length: ROUNDS }, (_, round) => round))(
  "WK42 one process killed at a random moment changes nothing of the final state, round %i",
  async (round) => {
    const b = await bench({
      check: "ls OB-*.txt && sleep 0.1",
      checkedOut: round % 3 === 0,
      repo: { fastForward: true },
    });
    await b.add({ title: "First" });
    await b.add({ title: "Second" });
    const robot = b.agent("robot", writeAndFinish("$SLUICE_ITEM.txt"));
    const child = b.spawn([robot], 2);
    const printed = new Response(child.stdout).text();
    const afterMs = Math.random() * LATEST_KILL_MS;
    await Bun.sleep(afterMs);
    const victims = tree(child.pid);
    const at = Math.random() < 0.4 ? 0 : Math.floor(Math.random() * victims.length);
    kill(victims[at] ?? child.pid);
    const events = await printed;
    console.error(
      `killed ${at === 0 ? "the worker" : `process ${at} of its tree`} after ${Math.round(afterMs)} ms`,
    );
    const startedAt = performance.now();
    await b.work([robot]);
    expect(performance.now() - startedAt, events).toBeLessThan(RECOVERY_LIMIT_MS);
    await expectFinal(b);
  },
);
