import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLauncher } from "#runners/create-launcher.ts";
import { type LaunchBench, openLaunchBench, until } from "#test/launch.ts";

setDefaultTimeout(60_000);

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench();
});
afterEach(() => bench.close());

/** How many living processes have this word in their command line. */
const withWord = (word: string): number =>
  readdirSync("/proc").filter((name) => /^\d+$/.test(name) && commandLine(name).includes(word)).length;

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const HERE = createLauncher({ hostEnv: process.env, platform: process.platform }).isolation({
  sandbox: "none",
  network: true,
});

describe.skipIf(HERE !== "pid namespace")("a run in a pid namespace", () => {
  /** Leaves its parent, its session and its environment, twice. */
  const ESCAPE = (seconds: string) => `env -i setsid -f sh -c 'setsid -f sleep ${seconds}'`;

  test("RN79 nothing that it starts outlives it, and what was left is named", async () => {
    const seconds = `1000.${process.pid}1`;
    const run = await bench.shell(`${ESCAPE(seconds)}; sleep 0.3; exit 3`);
    const result = await run.result;
    expect(result).toMatchObject({ exitCode: 3, ending: "failed", survivorsEnded: 1 });
    expect(result.survivors?.[0]).toMatch(/^\d+ \(sleep\)$/);
    expect(withWord(seconds)).toBe(0);
  });

  test("RN79 one that forks without end is gone with it", async () => {
    const name = `chain-${process.pid}`;
    const chain = bench.script(name, `#!/bin/sh\nenv -i setsid -f "$0" "$$"\nexit 0\n`);
    const run = await bench.shell(`${chain}; sleep 0.2; exit 0`);
    await run.result;
    expect(withWord(name)).toBe(0);
  });

  test("RN79 when it is stopped, everything in it gets the time to end, and then none is left", async () => {
    const seconds = `1000.${process.pid}2`;
    const run = await bench.shell(
      `${ESCAPE(seconds)}; trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.05; done`,
    );
    await until("it to be ready", () => bench.log().includes("ready"));
    run.stop("enough");
    expect((await run.result).ending).toBe("interrupted");
    expect(bench.log()).toContain("saved");
    expect(withWord(seconds)).toBe(0);
  });

  test("RN79 after its first process is killed nothing of it lives", async () => {
    const seconds = `1000.${process.pid}3`;
    const run = await bench.shell(`${ESCAPE(seconds)}; echo ready; sleep 600`);
    await until("it to be ready", () => bench.log().includes("ready") && withWord(seconds) > 0);
    process.kill(run.process?.pid ?? 0, "SIGKILL");
    expect(await run.result).toMatchObject({ ending: "interrupted", signal: "SIGKILL" });
    expect(withWord(seconds)).toBe(0);
  });

  test("RN80 it sees no process but its own, and can end none", async () => {
    const run = await bench.shell(
      `ls -d /proc/[0-9]* | wc -l; kill -9 ${process.pid} 2>/dev/null && echo killed; cat /proc/${process.pid}/environ; echo done`,
    );
    await run.result;
    const [count = "", ...rest] = bench.log().split("\n");
    expect(Number(count)).toBeLessThan(8);
    expect(rest.join("\n")).not.toContain("killed");
    expect(rest.join("\n")).toContain("done");
  });

  test("RN81 exit codes and signals of the program are told as without it", async () => {
    for (const [script, expected] of [
      ["exit 0", { ending: "completed", exitCode: 0 }],
      ["exit 7", { ending: "failed", exitCode: 7 }],
      ["kill -9 $$", { ending: "interrupted", signal: "SIGKILL" }],
      ["kill -15 $$", { ending: "interrupted", signal: "SIGTERM" }],
    ] as const)
      expect(await (await bench.shell(script)).result).toMatchObject(expected);
    expect(readFileSync(join(bench.dir, "run.log"), "utf8")).not.toContain("left");
  });
});
