import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { refusal } from "#test/refusal.ts";
import { type LaunchBench, openLaunchBench, until } from "#test/launch.ts";

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench({ processTree: "marks" });
});
afterEach(() => bench.close());

function cutAt(text: string, at: number): [string, string] {
  return [text.slice(0, at), text.slice(at + 1)];
}

describe("start", () => {
  test("RN1 gives a command its brief on stdin up to end of file, and in the file SLUICE_BRIEF names", async () => {
    const brief = "Line one\n'; rm -rf /; é 漢\n".repeat(9_000);
    const run = await bench.shell('cat > in.txt; cp "$SLUICE_BRIEF" file.txt', { brief });
    expect((await run.result).ending).toBe("completed");
    expect(readFileSync(join(bench.dir, "in.txt"), "utf8")).toBe(brief);
    expect(readFileSync(join(bench.dir, "file.txt"), "utf8")).toBe(brief);
    expect(statSync(join(bench.dir, "run", "brief.md")).mode & 0o777).toBe(0o600);
  });

  test("RN1 gives the brief whole from the start, whatever becomes of who started the command", async () => {
    const run = await bench.shell("test -f /dev/stdin && wc -c > size.txt", { brief: "x".repeat(1_000_000) });
    expect((await run.result).ending).toBe("completed");
    expect(readFileSync(join(bench.dir, "size.txt"), "utf8").trim()).toBe("1000000");
  });

  test("RN1 does not mind a command that never reads its brief", async () => {
    const run = await bench.shell("exec <&-; exit 0", { brief: "x".repeat(1_000_000) });
    expect((await run.result).ending).toBe("completed");
  });

  test("RN2 lets through an allow-list of the environment and what the worker gives, nothing else", async () => {
    await bench.close();
    bench = openLaunchBench({
      processTree: "marks",
      hostEnv: {
        PATH: process.env["PATH"] ?? "",
        HOME: "/home/of/host",
        LC_TIME: "C",
        ANTHROPIC_API_KEY: "sk-not-for-commands",
        GIT_DIR: "/elsewhere",
        CLAUDECODE: "1",
        AWS_SECRET_ACCESS_KEY: "no",
        SLUICE_RUN_TOKEN: "a-token-of-another-run",
      },
    });
    const run = await bench.start(
      { kind: "command", argv: ["cp", "/proc/self/environ", "env.bin"] },
      { env: { SLUICE_LEASE: "L1", HOME: "/home/given" } },
    );
    await run.result;
    const pairs = readFileSync(join(bench.dir, "env.bin"), "utf8").split("\0").filter(Boolean);
    const env = new Map(pairs.map((pair): [string, string] => cutAt(pair, pair.indexOf("="))));
    expect(Object.fromEntries(env)).toEqual({
      PATH: process.env["PATH"] ?? "",
      HOME: "/home/given",
      LC_TIME: "C",
      SLUICE_LEASE: "L1",
      TMPDIR: join(bench.dir, "run", "tmp"),
      SLUICE_BRIEF: join(bench.dir, "run", "brief.md"),
      SLUICE_RUN: "R-1",
      SLUICE_RUN_TOKEN: bench.token,
    });
  });

  test("RN2 lets through what the runner's settings name", async () => {
    await bench.close();
    const hostEnv = {
      PATH: process.env["PATH"] ?? "",
      AWS_REGION: "eu",
      AWS_PROFILE: "p",
      EDITOR: "vi",
      AWSOME: "no",
    };
    bench = openLaunchBench({ hostEnv });
    await (
      await bench.start({ kind: "command", argv: ["env"], passEnv: ["AWS_*", "EDITOR"] })
    ).result;
    expect(bench.log()).toContain("AWS_REGION=eu\n");
    expect(bench.log()).toContain("AWS_PROFILE=p\n");
    expect(bench.log()).toContain("EDITOR=vi\n");
    expect(bench.log()).not.toContain("AWSOME");
  });

  test("starts the program in the working folder, in a session of its own, and says which process it is", async () => {
    const run = await bench.shell("pwd; cat /proc/$$/stat; exec sleep 60");
    await until("two lines", () => bench.log().split("\n").length > 2);
    const [folder, stat = ""] = bench.log().split("\n");
    const session = stat.slice(stat.lastIndexOf(")")).split(" ")[4];
    expect(folder).toBe(bench.dir);
    expect(Number(session)).toBe(run.process?.pid ?? -1);
    expect(bench.launcher.isAlive(run.process ?? { pid: 0, startTime: 0, bootId: "" })).toBe(true);
    run.stop("enough");
    await run.result;
  });

  test("RN4 passes arguments on as they are, through no shell", async () => {
    const odd = ["a b", "$(touch pwned)", "`id`", "'; x", '"', "-n", "", "é\n2"];
    const run = await bench.start({ kind: "command", argv: ["printf", "%s|", ...odd] });
    await run.result;
    expect(bench.log()).toBe(odd.map((arg) => `${arg}|`).join(""));
  });

  test("RN4 takes a program given by a relative path from the operator's folder, never from the run's", async () => {
    mkdirSync(join(bench.dir, "worktree"));
    bench.script("agent", "#!/bin/sh\necho the operator\n");
    bench.script("worktree/agent", "#!/bin/sh\necho a stranger\n");
    bench.script("worktree/planted", "#!/bin/sh\necho a stranger\n");
    const cwd = join(bench.dir, "worktree");
    await (
      await bench.start({ kind: "command", argv: ["./agent"] }, { cwd })
    ).result;
    expect(bench.log()).toBe("the operator\n");
    const path = `.::${process.env["PATH"] ?? ""}`;
    const planted = await bench.start({ kind: "command", argv: ["planted"] }, { cwd, env: { PATH: path } });
    expect((await planted.result).ending).toBe("runner_failed");
    expect(await bench.launcher.detect({ kind: "command", argv: ["./agent"] })).toMatchObject({
      present: true,
    });
  });

  test("answers runner_failed where the program or the folder is missing, and throws nothing", async () => {
    const plain = bench.script("plain", "#!/bin/sh\n");
    chmodSync(plain, 0o644);
    const noInterpreter = bench.script("broken", "#!/nowhere/at/all\n");
    const cases = [
      { argv: ["no-such-program-anywhere"], says: "no-such-program-anywhere was not found" },
      { argv: [plain], says: "not executable" },
      { argv: [bench.dir], says: "not executable" },
      { argv: [noInterpreter], says: "not executable" },
      { argv: ["sh"], cwd: join(bench.dir, "gone"), says: "working folder" },
      { argv: ["true", "x".repeat(200_000)], says: "could not be started" },
      { argv: ["true"], env: { BAD: "a\0b" }, says: "could not be started" },
    ];
    for (const { argv, says, cwd = bench.dir, env = {} } of cases) {
      const run = await bench.start({ kind: "command", argv }, { cwd, env });
      const result = await run.result;
      expect(result.ending).toBe("runner_failed");
      expect(result.message).toContain(says);
      run.stop("nothing to stop");
    }
  });

  test("refuses a token that could match a stranger's process", async () => {
    const start = bench.shell("true", { marker: { run: "R-1", token: "short" } });
    expect((await refusal(start)).message).toContain("16 to 128");
  });
});
