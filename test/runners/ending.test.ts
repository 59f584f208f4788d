import { afterEach, beforeEach, expect, test } from "bun:test";
import { join } from "node:path";
import { watchTime } from "#runners/watch-time.ts";
import { type LaunchBench, openLaunchBench, pidIn, until } from "#test/launch.ts";

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench({ processTree: "marks" });
});
afterEach(() => bench.close());

test("RN6 takes a command's exit for what it says, and never for a terminal event", async () => {
  const cases = [
    { text: "exit 0", ending: "completed", exitCode: 0 },
    { text: "echo 'no luck' >&2; exit 3", ending: "failed", exitCode: 3 },
    { text: "echo 'key refused' >&2; exit 75", ending: "runner_failed", exitCode: 75 },
  ] as const;
  for (const { text, ending, exitCode } of cases) {
    const result = await (await bench.shell(text)).result;
    expect(result).toMatchObject({ ending, exitCode, terminalEvent: false });
  }
  const failed = await (await bench.shell("echo 'no luck' >&2; exit 3")).result;
  expect(failed.message).toBe("The command exited with code 3: no luck");
});

test("RN7 calls a program that a stranger's signal ended interrupted", async () => {
  const result = await (await bench.shell("kill -KILL $$")).result;
  expect(result).toMatchObject({ ending: "interrupted", signal: "SIGKILL", exitCode: undefined });
});

test("ends a run that is older than its time-out, however much it talks", async () => {
  const talk = async (timeoutMs: number): Promise<void> => {
    const run = await bench.shell("while :; do echo talk; sleep 0.02; done", { timeoutMs });
    expect((await run.result).ending).toBe("timed_out");
    // A busy machine may not have let it speak by then.
    if (!bench.log().includes("talk")) await talk(timeoutMs * 2);
  };
  await talk(250);
});

test("ends a run that is silent for its stall limit", async () => {
  const result = await (await bench.shell("echo once; exec sleep 60", { stallMs: 200 })).result;
  expect(result.ending).toBe("stalled");
});

test("leaves alone a run that is slow but talks, on either stream", async () => {
  const text = "for i in $(seq 17); do sleep 0.1; echo $i; sleep 0.1; echo $i >&2; done";
  const result = await (await bench.shell(text, { stallMs: 3_000 })).result;
  expect(result.ending).toBe("completed");
});

test("takes activity told by the worker for a sign of life", async () => {
  const run = await bench.shell("sleep 3.5", { stallMs: 3_000 });
  const beat = setInterval(() => run.activity(), 50);
  const result = await run.result;
  clearInterval(beat);
  expect(result.ending).toBe("completed");
});

test("calls nobody stalled for the time in which this process itself was stopped", async () => {
  const limits: { readonly kind: string; readonly at: number }[] = [];
  const watch = watchTime({
    timeoutMs: 60_000,
    stallMs: 150,
    lingerMs: 1,
    onLimit: (kind) => limits.push({ kind, at: performance.now() }),
  });
  Bun.sleepSync(1_400);
  const wokenAt = performance.now();
  const limit = await until("the limit after it", () => limits[0]);
  expect(limit.kind).toBe("stalled");
  expect(limit.at - wokenAt).toBeGreaterThanOrEqual(149);
  watch.clear();
});

test("stops on request, with the first reason given", async () => {
  const run = await bench.shell("echo up; exec sleep 60");
  await until("output", () => bench.log().includes("up"));
  run.stop("the lease was revoked");
  run.stop("another reason");
  const result = await run.result;
  expect(result).toMatchObject({
    ending: "interrupted",
    message: "The runner was stopped: the lease was revoked",
  });
  expect(bench.launcher.findRunProcesses({ token: bench.token })).toEqual([]);
});

test("stops when the signal aborts, also one that had aborted before", async () => {
  const late = new AbortController();
  const run = await bench.shell("exec sleep 60", { signal: late.signal });
  late.abort();
  expect((await run.result).ending).toBe("interrupted");
  const early = await bench.shell("exec sleep 60", { signal: AbortSignal.abort() });
  expect((await early.result).ending).toBe("interrupted");
});

test("RN11 asks first: a program that cleans up on SIGTERM may do so", async () => {
  const run = await bench.shell("trap 'echo cleaned; exit 0' TERM; echo up; while :; do sleep 0.05; done");
  await until("output", () => bench.log().includes("up"));
  run.stop("enough");
  const result = await run.result;
  expect(result.ending).toBe("interrupted");
  expect(bench.log()).toContain("cleaned");
});

test("RN11 kills what ignores SIGTERM once the grace is over", async () => {
  const stubborn = bench.script(
    "stubborn",
    "#!/bin/sh\ntrap '' TERM\necho $$ > child.pid\nwhile :; do sleep 0.05; done\n",
  );
  const run = await bench.shell(`trap '' TERM; setsid ${stubborn} & while :; do sleep 0.05; done`, {
    graceMs: 100,
  });
  const child = await pidIn(join(bench.dir, "child.pid"));
  run.stop("enough");
  const result = await run.result;
  expect(result).toMatchObject({ ending: "interrupted", signal: "SIGKILL" });
  expect(bench.launcher.processIdentity(child)).toBeUndefined();
});
