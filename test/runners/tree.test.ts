import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LaunchRequest, RunHandle } from "#operations/ports/launcher.ts";
import {
  endRunProcesses,
  findRunProcesses,
  isAlive,
  processIdentity,
  signalProcess,
} from "#runners/run-processes.ts";
import { openProcessTable, type ProcessTable } from "#runners/process-table.ts";
import { type LaunchBench, openLaunchBench, pidIn, until } from "#test/launch.ts";

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench({ processTree: "marks" });
});
afterEach(() => bench.close());

/** A child in a session of its own, and its own child in another, as agent CLIs start their shells. */
const GRANDCHILD =
  "setsid sh -c 'setsid sh -c \"echo \\$\\$ > grandchild.pid; exec sleep 600\" & exec sleep 600' &";

function living(pid: number): boolean {
  return bench.launcher.processIdentity(pid) !== undefined;
}

test("RN12 ends descendants that moved to sessions of their own, on stop, time-out and stall alike", async () => {
  const ways = [(ms: number) => ({ timeoutMs: ms }), (ms: number) => ({ stallMs: ms }), () => ({})];
  for (const way of ways) {
    const { run, grandchild } = await withGrandchild(way, 500);
    run.stop("enough");
    await run.result;
    expect(living(grandchild)).toBe(false);
    expect(bench.launcher.findRunProcesses({ token: bench.token })).toEqual([]);
  }
}, 60_000);

type Limits = Partial<Pick<LaunchRequest, "timeoutMs" | "stallMs">>;

/** A run with a grandchild. On a busy machine its limit may be reached first: then it gets one twice as long. */
async function withGrandchild(
  way: (limitMs: number) => Limits,
  limitMs: number,
): Promise<{ readonly run: RunHandle; readonly grandchild: number }> {
  const file = join(bench.dir, "grandchild.pid");
  rmSync(file, { force: true });
  const limits = way(limitMs);
  const run = await bench.shell(`${GRANDCHILD} wait; exec sleep 600`, { ...limits, cwd: bench.dir });
  const born = await Promise.race([pidIn(file), run.result]);
  if (typeof born === "number") {
    const isLimited = Object.keys(limits).length > 0;
    if (isLimited) expect((await run.result).ending).toBe("timeoutMs" in limits ? "timed_out" : "stalled");
    return { run, grandchild: born };
  }
  return withGrandchild(way, limitMs * 2);
}

test("RN12 ends what starts another in its place when it is asked to end", async () => {
  // It goes only when the other is there, however long that takes.
  const replaced = "setsid ./respawner & until [ $(wc -l < spawned) -gt 1 ]; do sleep 0.01; done; exit 0";
  const respawner = bench.script(
    "respawner",
    `#!/bin/sh\ntrap '${replaced}' TERM\necho $$ >> spawned\nwhile :; do sleep 0.02; done\n`,
  );
  const run = await bench.shell(`exec ${respawner}`, { graceMs: 10_000 });
  await pidIn(join(bench.dir, "spawned"));
  run.stop("enough");
  const result = await run.result;
  expect(result).toMatchObject({ ending: "interrupted", processesLeft: undefined });
  expect(bench.launcher.findRunProcesses({ token: bench.token })).toEqual([]);
  const spawned = readFileSync(join(bench.dir, "spawned"), "utf8").trim().split("\n").map(Number);
  expect(spawned.length).toBeGreaterThan(1);
  expect(spawned.filter(living)).toEqual([]);
});

test("RN12 ends a process that shows no environment at the first look, as at the start of a program", async () => {
  const { token } = bench;
  const child = spawn("sleep", ["600"], {
    env: { SLUICE_RUN_TOKEN: token },
    detached: true,
    stdio: "ignore",
  });
  const pid = child.pid ?? 0;
  const table = openProcessTable(process.platform);
  await until("its environment", () => table.hasVariable(pid, `SLUICE_RUN_TOKEN=${token}`));
  let looks = 0;
  const late: ProcessTable = {
    ...table,
    // Not a child of this process, as one whose parent has gone.
    list: () => table.list().map((row) => (row.pid === pid ? { ...row, parentPid: 1 } : row)),
    hasVariable: (one, variable) => (one !== pid || (looks += 1) > 1) && table.hasVariable(one, variable),
  };
  const { ended } = await endRunProcesses(late, { token, graceMs: 5_000 });
  expect(ended.map((one) => one.pid)).toEqual([pid]);
  expect(living(pid)).toBe(false);
});

test("ends what outlives a program that exited by itself, and says how many", async () => {
  const run = await bench.shell(`${GRANDCHILD} until [ -s grandchild.pid ]; do sleep 0.01; done; exit 0`);
  const result = await run.result;
  const grandchild = await pidIn(join(bench.dir, "grandchild.pid"));
  expect(result).toMatchObject({ ending: "completed", survivorsEnded: 2 });
  expect(living(grandchild)).toBe(false);
});

test("does not wait for a survivor that holds the output open", async () => {
  const run = await bench.shell("setsid sleep 600 & echo said; exit 4");
  const result = await run.result;
  expect(result.exitCode).toBe(4);
  expect(bench.log()).toContain("said");
});

test("finds a descendant that has cleared its environment, by its parent or its session", async () => {
  const hidden = "env -i sh -c 'echo $$ > hidden.pid; exec /bin/sleep 600' &";
  const run = await bench.shell(`${hidden} exec sleep 600`);
  const pid = await pidIn(join(bench.dir, "hidden.pid"));
  const found = bench.launcher.findRunProcesses({ token: bench.token });
  expect(found.map((one) => one.pid)).toContain(pid);
  run.stop("enough");
  await run.result;
  expect(living(pid)).toBe(false);
});

test("finds and ends a run's processes by token alone after the worker was killed", async () => {
  const worker = bench.script(
    "worker.ts",
    `import { createLauncher } from ${JSON.stringify(join(import.meta.dir, "../../src/runners/create-launcher.ts"))};
     const launcher = createLauncher({ hostEnv: process.env, platform: process.platform, processTree: "marks" });
     await launcher.start(${JSON.stringify(
       bench.request({ kind: "command", argv: ["sh", "-c", `${GRANDCHILD} exec sleep 600`] }),
     )});`,
  );
  // The folder of the dependencies is found from the source, whatever the working folder is.
  const child = spawn(process.execPath, [worker], { cwd: join(import.meta.dir, "../.."), stdio: "inherit" });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const grandchild = await pidIn(join(bench.dir, "grandchild.pid"));
  child.kill("SIGKILL");
  await exited;
  expect(living(grandchild)).toBe(true);
  const answer = await bench.launcher.endRunProcesses({ token: bench.token, graceMs: 2_000 });
  expect(answer.ended.map((one) => one.pid)).toContain(grandchild);
  expect(answer.ended).toHaveLength(3);
  expect(answer.remaining).toEqual([]);
  expect(living(grandchild)).toBe(false);
});

test("finds nothing where no process carries the token", async () => {
  const token = crypto.randomUUID();
  expect(bench.launcher.findRunProcesses({ token })).toEqual([]);
  expect(await bench.launcher.endRunProcesses({ token })).toEqual({ ended: [], remaining: [] });
});

test("RN16 takes a process with another start, or of another boot, for dead, and never signals it", async () => {
  const run = await bench.shell("exec sleep 600");
  const real = run.process;
  if (real === undefined) throw new Error("The program did not start");
  const table = openProcessTable(process.platform);
  const recycled = { ...real, startTime: real.startTime - 1 };
  const otherBoot = { ...real, bootId: "another" };
  for (const stranger of [recycled, otherBoot]) {
    expect(bench.launcher.isAlive(stranger)).toBe(false);
    signalProcess(table, stranger, "SIGKILL");
    expect(bench.launcher.findRunProcesses({ token: crypto.randomUUID(), leader: stranger })).toEqual([]);
  }
  expect(bench.launcher.isAlive(real)).toBe(true);
  run.stop("enough");
  await run.result;
  expect(bench.launcher.isAlive(real)).toBe(false);
});

test("spares the process that looks, its ancestors, and what merely shares their session", () => {
  const token = "t".repeat(16);
  const row = { groupId: 1, startTime: 1 };
  const table: ProcessTable = {
    bootId: "b",
    environment: () => ({}),
    words: () => [],
    list: () => [
      { ...row, pid: 10, parentPid: 1, sessionId: 10 },
      { ...row, pid: process.pid, parentPid: 10, sessionId: 10 },
      { ...row, pid: 11, parentPid: 1, sessionId: 10 },
      { ...row, pid: 12, parentPid: 1, sessionId: 10 },
      { ...row, pid: 20, parentPid: 11, sessionId: 20 },
      { ...row, pid: 21, parentPid: 1, sessionId: 20 },
      { ...row, pid: 30, parentPid: 1, sessionId: 0 },
    ],
    row: (pid) => ({ ...row, pid, parentPid: 1, sessionId: 10 }),
    hasVariable: (pid) => [10, process.pid, 11].includes(pid),
  };
  expect(findRunProcesses(table, { token }).map((one) => one.pid)).toEqual([11, 20, 21]);
});

test("knows its own process, and none where there is none", () => {
  const table = openProcessTable(process.platform);
  const own = processIdentity(table, process.pid);
  expect(own?.pid).toBe(process.pid);
  expect(own !== undefined && isAlive(table, own)).toBe(true);
  expect(processIdentity(table, 2 ** 30)).toBeUndefined();
});
