import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OUTCOMES, type Outcome } from "#domain/run/outcome.ts";
import { sessionToResume } from "#domain/run/session-to-resume.ts";
import { RunnerSpec, resumesSessions } from "#operations/ports/runner-spec.ts";
import { type LaunchBench, openLaunchBench } from "#test/launch.ts";

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench({ hostEnv: { PATH: "/usr/bin:/bin" }, lingerMs: 1_000 });
});
afterEach(() => bench.close());

const AT = { runner: "claude-code", host: "here" };

const run = (outcome: Outcome, sessionId: string | null = "s-1", resumes: number | null = null) => ({
  ...AT,
  outcome,
  sessionId,
  resumes,
});
type Run = ReturnType<typeof run>;

const resumed = (...earlier: readonly Run[]): string | undefined =>
  sessionToResume(earlier, AT)?.sessionId ?? undefined;

test.each([
  [{ kind: "claude-code" } as const, ["--resume", "s-1"]],
  [{ kind: "codex" } as const, ["resume", "s-1", "-"]],
])("RN74 %o is started with the session that is to go on", async (settings, wanted) => {
  const program = bench.script("agent", '#!/bin/sh\nprintf "%s\\0" "$@" > args\n');
  const started = await bench.start({ ...settings, program }, { resume: "s-1" });
  await started.result;
  const args = readFileSync(join(bench.dir, "args"), "utf8").split("\0").slice(0, -1);
  const at = args.indexOf(wanted[0] ?? "");
  expect(args.slice(at, at + wanted.length)).toEqual(wanted);
});

test("RN74 only runners that say so, and whose program can, go on with a session", () => {
  const can = (spec: unknown): boolean => resumesSessions(RunnerSpec.parse(spec));
  expect([{ kind: "claude-code" }, { kind: "codex", resume: true }].map(can)).toEqual([true, true]);
  const cannot = [
    { kind: "codex", resume: false },
    { kind: "opencode" },
    { kind: "gemini" },
    { kind: "grok" },
    { kind: "command", argv: ["sh"] },
  ];
  expect(cannot.map(can)).toEqual(cannot.map(() => false));
});

test("RN74 a session goes on after a run that was cut off or waited, over runs that told nothing", () => {
  const outcomes: readonly string[] = Object.keys(OUTCOMES);
  const goesOn = outcomes.filter((name) => {
    const known = (Object.keys(OUTCOMES) as Outcome[]).find((one) => one === name);
    return known !== undefined && resumed(run(known)) !== undefined;
  });
  expect(goesOn.toSorted()).toEqual(["asked", "blocked", "expired", "interrupted", "released"]);
  expect(resumed()).toBeUndefined();
  expect(resumed(run("released", null), run("interrupted"))).toBe("s-1");
  expect(resumed(run("runner_failed", "s-2"), run("interrupted"))).toBe("s-1");
  expect(resumed(run("expired", "s-2"), run("interrupted"))).toBe("s-2");
});

test("RN78 another's run, another host, another runner or an ending of its own calls for a new session", () => {
  expect(resumed({ ...run("interrupted"), host: "there" })).toBeUndefined();
  expect(resumed({ ...run("interrupted"), runner: "codex" })).toBeUndefined();
  expect(resumed(run("agent_failed", null), run("interrupted"))).toBeUndefined();
  expect(resumed(run("timed_out"), run("interrupted"))).toBeUndefined();
});

test("RN78 three times in a row, counted anew when the agent has reported", () => {
  const again = run("interrupted", "s-1", 1);
  expect(resumed(again, again, run("interrupted"))).toBe("s-1");
  expect(resumed(again, again, again, run("interrupted"))).toBeUndefined();
  const failed = run("runner_failed", "s-1", 1);
  expect(resumed(failed, failed, failed, run("interrupted"))).toBeUndefined();
  expect(resumed(again, run("asked", "s-1", 1), again, again, again)).toBe("s-1");
});

test("RN78 a session's name that could be an option or a path is none", () => {
  for (const name of ["--fork-session", "../other", "a b", "", "s".repeat(129)])
    expect(resumed(run("interrupted", name))).toBeUndefined();
});
