import type {
  RunMcpServer,
  RunnerEvent,
  RunnerResult,
  RunReach,
  TerminalEvent,
} from "#operations/ports/launcher.ts";
import type { RunnerName } from "#operations/ports/runner-spec.ts";

/** What an adapter is told about a launch. */
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
  /** Program: a name on PATH, or a path. */
  readonly program: string;
  readonly args: readonly string[];
  /** Defaults of the environment: win over the host's, lose against the worker's. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the host's variables let through beside the common ones; a trailing `*` stands for any rest. */
  readonly inherit: readonly string[];
  /** Text by absolute path, written (mode 0600) before the start; in the run's folder for temporary files. */
  readonly files: Readonly<Record<string, string>>;
  /** What stdin holds: the brief, read from its file, or nothing. */
  readonly stdin: "brief" | "nothing";
}

/** How the program exited, where nobody forced it to. */
export interface ProgramExit {
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
 * The seam for one kind of runner, set up anew for each launch. An adapter plans, reads and judges; it never starts, waits or ends
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
   * The events in one line of stdout; none where the line is no event, or one that is not known. Never throws. Gets the lines of
   * one launch in their order, and may remember.
   * Undefined for a program without events.
   */
  readonly parse: ((line: string) => readonly RunnerEvent[]) | undefined;
  judge(exit: ProgramExit, summary: EventSummary): Verdict;
}
