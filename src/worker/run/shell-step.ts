import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stepConfinement } from "./confine.ts";
import type { RunContext } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";

/** A command line of the operator's own: set-up, check or premise. Its text comes from the store alone. */
export interface ShellStep {
  readonly text: string;
  readonly cwd: string;
  /** Names its log among the run's files: `check-app`. */
  readonly label: string;
  readonly timeoutMs: number;
  /** What its folder is a check-out of. */
  readonly repos: readonly RunPlace[];
  /** A set-up, which fetches what a check without the network then has. Default false. */
  readonly fetches?: boolean;
}

export type ShellResult =
  | { readonly kind: "passed" }
  /** `tail`: the last of its output. */
  | { readonly kind: "failed"; readonly why: string; readonly tail: string }
  /** A signal ended it: says nothing about what it looked at. */
  | { readonly kind: "interrupted" };

/** Room for what matters of a failing check: the reason of a return is read by people and agents. */
const TAIL_CHARS = 4_000;
/** What a shell exits with when the kernel or a person killed the program it ran (128 + 9, 128 + 15). */
const KILLED: ReadonlySet<number | undefined> = new Set([137, 143]);
/** Killed so often in a row, it is the command's own doing. */
const MAX_KILLS = 3;

/** Hooks of the person's own configuration are none of a check's business. */
const HOOKS_OFF = {
  GIT_CONFIG_COUNT: "1",
  GIT_CONFIG_KEY_0: "core.hooksPath",
  GIT_CONFIG_VALUE_0: "/dev/null",
};

/** Runs it with `sh -c` under the run's marker, and again where something killed it. */
export async function runShell(run: RunContext, step: ShellStep): Promise<ShellResult> {
  for (let kills = 1; ; kills += 1) {
    const result = await once(run, step);
    if (result.kind !== "interrupted" || run.halt.aborted) return result;
    if (kills >= MAX_KILLS) {
      return { kind: "failed", why: `was killed ${kills} times in a row`, tail: logTail(logFile(run, step)) };
    }
  }
}

async function once(run: RunContext, step: ShellStep): Promise<ShellResult> {
  const { launcher, limits, path } = run.session.deps;
  const file = logFile(run, step);
  mkdirSync(run.folder.dir, { recursive: true, mode: 0o700 });
  const handle = await launcher.start({
    runner: { kind: "command", argv: ["sh", "-c", step.text] },
    cwd: step.cwd,
    brief: "",
    briefFile: join(run.folder.dir, `${step.label}.in`),
    tempDir: run.folder.temp,
    env: { ...HOOKS_OFF, PATH: path, CI: "1" },
    confinement: stepConfinement(run, { repos: step.repos, fetches: step.fetches === true }),
    marker: { run: run.name.run, token: run.token },
    timeoutMs: step.timeoutMs,
    stallMs: step.timeoutMs,
    graceMs: limits.graceMs,
    maxLogBytes: limits.maxLogBytes,
    logFile: file,
    signal: run.halt,
  });
  const result = await handle.result;
  if (result.ending === "interrupted" || KILLED.has(result.exitCode)) return { kind: "interrupted" };
  if (result.exitCode === 0) return { kind: "passed" };
  const why = result.exitCode === undefined ? result.message : `exited with code ${result.exitCode}`;
  return { kind: "failed", why, tail: logTail(file) };
}

function logFile(run: RunContext, step: ShellStep): string {
  return join(run.folder.dir, `${step.label}.log`);
}

function logTail(file: string): string {
  try {
    return readFileSync(file, "utf8").trimEnd().slice(-TAIL_CHARS);
  } catch {
    return "";
  }
}
