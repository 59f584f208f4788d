import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { EndedProcesses, ProcessIdentity } from "#operations/ports/launcher.ts";
import type { BoxContents } from "./bubblewrap.ts";
import type { ProcessTable } from "./process-table.ts";
import { endRunProcesses, processIdentity } from "./run-processes.ts";
import { type ProcessTree, takeLeft } from "./process-tree.ts";
import { watchTime } from "./watch-time.ts";

/** What outlives its program has lost its reason to be: a short grace, for files half written. */
const SURVIVOR_GRACE_MS = 2_000;
/** How long output is awaited once no process of the run is left; longer, and a stranger holds the pipe. */
const DRAIN_MS = 2_000;

export interface SuperviseInput {
  /** Absolute path of the program, then its arguments. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Undefined: stdin is empty. A file and no pipe: whoever dies here leaves the program a whole brief, not half of one. */
  readonly stdinFile: string | undefined;
  readonly token: string;
  readonly tree: ProcessTree;
  readonly box: BoxContents;
  /** Where processes that outlive the program are named; ours. */
  readonly leftFile: string;
  readonly timeoutMs: number;
  readonly stallMs: number;
  /** How long an announced exit may take. */
  readonly lingerMs: number;
  readonly graceMs: number;
  readonly onStdout: (chunk: Buffer) => void;
  readonly onStderr: (chunk: Buffer) => void;
}

/** Why the run was ended from here. */
export type StopCause =
  | { readonly kind: "timed_out" | "stalled" | "lingered" }
  | { readonly kind: "stopped" | "broken"; readonly reason: string };

export interface Ended {
  /** Set where the program could not be started. */
  readonly spawnError: string | undefined;
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly cause: StopCause | undefined;
  readonly survivorsEnded: number;
  readonly survivors: readonly string[];
  readonly processesLeft: number;
}

interface Supervised {
  readonly process: ProcessIdentity | undefined;
  readonly activity: () => void;
  readonly stop: (cause: StopCause) => void;
  /** The program said that it had ended: it may exit by itself for a while. */
  readonly expectExit: () => void;
  /** It went on instead. */
  readonly resume: () => void;
  readonly ended: Promise<Ended>;
}

type Exit = Pick<Ended, "exitCode" | "signal" | "spawnError"> & {
  /** No signal ended what was started, so that what holds its processes together has seen to their end. */
  readonly byItself: boolean;
};

const NONE_LEFT: EndedProcesses = { ended: [], remaining: [] };

/** Starts one program in a session of its own and sees to it that, in the end, nothing of it is left. */
export function supervise(table: ProcessTable, input: SuperviseInput): Supervised {
  let cause: StopCause | undefined;
  let stopping: Promise<unknown> | undefined;
  let hasExited = false;
  const stop = (why: StopCause): void => {
    if (cause !== undefined || hasExited) return;
    cause = why;
    stopping = endRunProcesses(table, { ...query, graceMs: input.graceMs });
  };
  const watch = watchTime({
    timeoutMs: input.timeoutMs,
    stallMs: input.stallMs,
    lingerMs: input.lingerMs,
    onLimit: (kind) => stop({ kind }),
  });
  const started = startProgram(input, watch.activity);
  const leader = started.pid === undefined ? undefined : processIdentity(table, started.pid);
  const query = { token: input.token, leader };

  const finish = async (): Promise<Ended> => {
    const { byItself, ...exit } = await started.exit;
    hasExited = true;
    watch.clear();
    await stopping;
    // The first process of a namespace does not end before all others in it have.
    const left =
      byItself && input.tree.kind !== "marks"
        ? NONE_LEFT
        : await endRunProcesses(table, { ...query, graceMs: SURVIVOR_GRACE_MS });
    await started.drained();
    const survivors = takeLeft(input.leftFile);
    const survivorsEnded = left.ended.length + survivors.length;
    return { ...exit, cause, survivorsEnded, survivors, processesLeft: left.remaining.length };
  };
  return {
    process: leader,
    activity: watch.activity,
    stop,
    expectExit: watch.expectExit,
    resume: watch.resume,
    ended: finish(),
  };
}

interface Started {
  readonly pid: number | undefined;
  readonly exit: Promise<Exit>;
  /** Settles when all output has been read, or was awaited long enough. */
  drained(): Promise<void>;
}

function startProgram(input: SuperviseInput, onOutput: () => void): Started {
  let child: ChildProcess;
  let stdin: number | undefined;
  try {
    stdin = input.stdinFile === undefined ? undefined : openSync(input.stdinFile, "r");
    const [program, ...args] = input.tree.wrap(input);
    child = spawn(program, args, {
      cwd: input.cwd,
      env: input.env,
      // A session of its own: no terminal's Ctrl-C reaches it, and its group can be told from ours.
      detached: true,
      stdio: [stdin ?? "ignore", "pipe", "pipe"],
    });
  } catch (error) {
    return { pid: undefined, exit: Promise.resolve(notStarted(error)), drained: () => Promise.resolve() };
  } finally {
    if (stdin !== undefined) closeSync(stdin);
  }
  const closed = Promise.withResolvers<void>();
  child.once("close", () => closed.resolve());
  listen(child.stdout, input.onStdout, onOutput);
  listen(child.stderr, input.onStderr, onOutput);
  return { pid: child.pid, exit: untilExit(child), drained: () => drain(child, closed.promise) };
}

function listen(stream: Readable | null, onChunk: (chunk: Buffer) => void, onOutput: () => void): void {
  stream?.on("error", () => {});
  stream?.on("data", (chunk: Buffer) => {
    onOutput();
    onChunk(chunk);
  });
}

function untilExit(child: ChildProcess): Promise<Exit> {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  child.once("error", (error) => resolve(notStarted(error)));
  child.once("exit", (code, signal) => {
    const from = signal ?? signalOf(code ?? 0);
    resolve({
      byItself: code !== null,
      spawnError: undefined,
      exitCode: from === undefined ? (code ?? undefined) : undefined,
      signal: from,
    });
  });
  return promise;
}

/** A shell exits with 128 and the number of the signal that ended what it ran. */
function signalOf(code: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
}

function notStarted(error: unknown): Exit {
  const text = error instanceof Error ? error.message : String(error);
  return { byItself: false, spawnError: text, exitCode: undefined, signal: undefined };
}

async function drain(child: ChildProcess, closed: Promise<void>): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const timer = setTimeout(limit.resolve, DRAIN_MS);
  await Promise.race([closed, limit.promise]);
  clearTimeout(timer);
  child.stdout?.destroy();
  child.stderr?.destroy();
}
