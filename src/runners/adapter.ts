import { z } from "zod";
import type {
  RunMcpServer,
  RunnerEvent,
  RunnerResult,
  RunReach,
  TerminalEvent,
} from "#operations/ports/launcher.ts";
import type { RunnerName } from "#operations/ports/runner-spec.ts";

/** What an adapter knows about a launch. */
export interface PlanInput {
  readonly brief: string;
  readonly briefFile: string;
  readonly cwd: string;
  readonly tempDir: string;
  readonly mcp?: RunMcpServer | undefined;
  readonly reach?: RunReach | undefined;
  /** The session that is to go on; default a new one. */
  readonly resume?: string | undefined;
}

/** How the program is started. */
export interface LaunchPlan {
  readonly args: readonly string[];
  /** Defaults of the environment: win over the host's, lose against the worker's. None by default. */
  readonly env?: Readonly<Record<string, string>>;
  /** Names of the host's variables let through beside the common ones; a trailing `*` stands for any rest. */
  readonly inherit: readonly string[];
  /** Text by absolute path, written (mode 0600) before the start; in the run's folder for temporary files. None by default. */
  readonly files?: Readonly<Record<string, string>>;
  /** What stdin holds: the brief, read from its file, by default. */
  readonly stdin?: "brief" | "nothing";
}

/** How the program exited, where nobody forced it to. */
interface ProgramExit {
  readonly exitCode: number;
  /** The last of stderr, at most 2,000 characters. */
  readonly stderrTail: string;
}

/** What is kept of the events while they pass. */
export interface EventSummary {
  readonly sessionId?: string | undefined;
  readonly runnerVersion?: string | undefined;
  readonly lastMessage?: string | undefined;
  readonly denials: readonly string[];
  readonly terminal?: TerminalEvent | undefined;
}

/** The adapter's word on an exit without a terminal event that nobody forced. */
export type Verdict = Pick<RunnerResult, "ending" | "message">;

/**
 * The seam for one kind of runner, set up anew for each launch. An adapter plans, reads and classifies; it never starts, waits or ends
 * anything.
 */
export interface RunnerAdapter {
  readonly name: RunnerName;
  /** The program asked for by `detect`: a name on PATH, or a path. */
  readonly program: string;
  /** Arguments that make the program print its version; undefined: it is not asked. */
  readonly versionArgs: readonly string[] | undefined;
  plan(input: PlanInput): LaunchPlan;
  /**
   * The events in one line of stdout; none where the line is not an event, or not a known one. Never throws. Gets the lines of
   * one launch in their order, and may keep state.
   * Undefined for a program without events.
   */
  readonly parse: ((line: string) => readonly RunnerEvent[]) | undefined;
  classifyExit(exit: ProgramExit, summary: EventSummary): Verdict;
}

/**
 * Classifies an exit without the program's own last word. Before the session began, the program could not start its work; after it, it
 * was cut off.
 */
export function classifySilentExit(program: string): RunnerAdapter["classifyExit"] {
  return (exit, summary) => {
    const why = exit.stderrTail === "" ? "" : `: ${exit.stderrTail}`;
    return {
      ending: summary.sessionId === undefined && exit.exitCode !== 0 ? "runner_failed" : "interrupted",
      message: `${program} exited with code ${exit.exitCode} and without a result${why}`,
    };
  };
}

/** The value in a line of JSON; undefined where the line is something else. */
export function jsonLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A count of tokens in an event. */
export const tokens = z.number().int().nonnegative().default(0);

/** An option with the values that are given; nothing where none is. */
export function optional(name: string, ...values: readonly (string | undefined)[]): readonly string[] {
  const given = values.filter((value) => value !== undefined);
  return given.length === 0 ? [] : [name, ...given];
}

type Spent = Pick<TerminalEvent, "usage" | "costUsd">;

/** @param words the session's last; undefined or empty: it said none */
export const completed = (words: string | undefined, spent: Spent): TerminalEvent => ({
  type: "ended",
  success: true,
  message: words === undefined || words === "" ? "It ended without a message" : words,
  ...spent,
});

/** What an API error says about who is to blame. */
interface ApiError {
  readonly status: number | undefined;
  /** The API had answered before. */
  readonly hasAnswered: boolean;
}

export const brokenOff = (message: string, error: ApiError, spent: Spent = {}): TerminalEvent => ({
  type: "ended",
  success: false,
  fault: faultOf(error),
  message,
  ...spent,
});

/** Refusals that are about what was asked, not about who asked or how busy the other side is. */
const REQUEST_FAULTS: ReadonlySet<number> = new Set([400, 413, 422]);

/**
 * An API error is the session's own fault where it is a request refused as such after the API had answered others (a session grown too
 * long). Before any answer it is an account or a model that does not work, and all else is the runner's.
 */
export const faultOf = ({ status, hasAnswered }: ApiError): "runner" | "session" =>
  hasAnswered && status !== undefined && REQUEST_FAULTS.has(status) ? "session" : "runner";

/**
 * The HTTP status in a program's sentence, where it tells it nowhere else.
 * @param pattern has the status as its group
 */
export function statusIn(message: string, pattern: RegExp): number | undefined {
  const status = pattern.exec(message)?.[1];
  return status === undefined ? undefined : Number(status);
}
