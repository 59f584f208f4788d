import type { RunnerSpec } from "./runner-spec.ts";
import type { Sandbox } from "./store/project-store.ts";

export type { RunnerSpec };

/** One process, told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the platform's own unit (Linux: clock ticks since boot; else epoch seconds). Compare, never compute. */
  readonly startTime: number;
  /** Names this boot of this machine. A process of another boot is dead. */
  readonly bootId: string;
}

/** What every process of one launch carries in its environment, so that all of them can be found again. */
export interface RunMarker {
  /** Ref of the run, `R-31`; goes into `SLUICE_RUN`. */
  readonly run: string;
  /** Random per launch, 16 to 128 letters, digits, `-` or `_`; goes into `SLUICE_RUN_TOKEN`. Store it before the launch: recovery after a dead worker needs it. */
  readonly token: string;
}

/**
 * What a run's processes are kept in. `bubblewrap`: they write their own folders, and do not see what is private. `pid namespace`:
 * nothing that the run starts outlives it, and it sees no process of others; with `bubblewrap` too. `marks`: found by what they carry
 * in their environment, by session and by parent.
 */
export const ISOLATIONS = ["bubblewrap", "pid namespace", "marks"] as const;
export type Isolation = (typeof ISOLATIONS)[number];

/** What launches are kept in on one machine. */
export interface MachineIsolation {
  readonly kind: Isolation;
  /** Why it is not bubblewrap; absent where it is. */
  readonly why?: string;
}

/** The sandbox that a launch asks for, and what is let into it. */
export interface Confinement {
  readonly sandbox: Sandbox;
  /** Whether it reaches other processes over the network, the loopback included. */
  readonly network: boolean;
  /** Absolute folders that it may write, beside its working folder, its temporary one and its agent program's own. */
  readonly writable: readonly string[];
  /** Absolute paths that it may read wherever they are; most of the machine is to be read anyway. */
  readonly visible: readonly string[];
  /** Absolute paths that it does not see, beside what is private to every account. */
  readonly hidden: readonly string[];
  /** Absolute folder for what its tools cache in the home. Absent: that goes with the launch. */
  readonly caches?: string | undefined;
  /** Absolute path of the socket of its own interface, which it sees as `RUN_SOCKET`. */
  readonly socket?: string | undefined;
  /** An agent, which keeps sessions and its sign-in in folders of its own. */
  readonly agent: boolean;
}

/** Where a run in a box finds the socket of its interface. */
export const RUN_SOCKET = "/run/sluice.sock";

/** What the agent's own event stream says, in our words. A `command` has none. */
export type RunnerEvent =
  | { readonly type: "session"; readonly sessionId: string; readonly runnerVersion?: string | undefined }
  | { readonly type: "message"; readonly text: string }
  | { readonly type: "tool"; readonly name: string }
  | { readonly type: "denied"; readonly tool: string }
  /** The model's API refused and the program tries again by itself. */
  | { readonly type: "retry"; readonly attempt: number; readonly status?: number | undefined }
  /** The runner cannot do its work (a needed MCP server is dead): the run is ended at once. */
  | { readonly type: "broken"; readonly reason: string }
  | TerminalEvent;

/** The program's own word that it has ended. Without it, no exit code means that the work was done. */
export interface TerminalEvent {
  readonly type: "ended";
  readonly success: boolean;
  /** Whose fault a failure is: the model's API (or the way to it), or the session's own. */
  readonly fault?: "runner" | "session" | undefined;
  readonly message: string;
  readonly usage?: TokenUsage | undefined;
  readonly costUsd?: number | undefined;
  readonly denials?: readonly string[] | undefined;
}

/** Tokens of one run, all models together. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/**
 * How a runner ended, seen from outside. Not the run's outcome: the worker makes that from this, its own record and git.
 * - `completed`: it said that it had ended well (for a `command`: exit 0). Says nothing about the item.
 * - `failed`: it said that it had failed (for a `command`: any other exit).
 * - `interrupted`: it vanished, or was stopped from here by request.
 * - `timed_out`, `stalled`: ended from here for its age, or for its silence.
 * - `runner_failed`: it could not work at all: not found, not authorised, throttled, a dead MCP server.
 */
type RunnerEnding = "completed" | "failed" | "interrupted" | "timed_out" | "stalled" | "runner_failed";

export interface RunnerResult {
  readonly ending: RunnerEnding;
  /** Absent where the program never started or a signal ended it. */
  readonly exitCode?: number | undefined;
  /** Name of the signal that ended the program, ours or another's. */
  readonly signal?: string | undefined;
  /** Whether the program's own last word was seen. Always false for a `command`. */
  readonly terminalEvent: boolean;
  /** One or two sentences for the log: the agent's last words, or what went wrong. At most 4,000 characters. */
  readonly message: string;
  readonly usage?: TokenUsage | undefined;
  /** As the program reports it, from its list prices; US dollars. */
  readonly costUsd?: number | undefined;
  readonly sessionId?: string | undefined;
  /** Names of the tools that were refused to the agent, in order. */
  readonly denials?: readonly string[] | undefined;
  /** Bytes of the log file; never more than `maxLogBytes`. */
  readonly logBytes: number;
  readonly runnerVersion?: string | undefined;
  /** Processes of the run that outlived the program and were ended from here. */
  readonly survivorsEnded: number;
  /** `PID (NAME)` of those of them whose names are known, as the run saw them. Absent where there are none. */
  readonly survivors?: readonly string[] | undefined;
  /** Processes of the run that could not be ended: another user's, or stuck in the kernel. Absent where there are none. */
  readonly processesLeft?: number | undefined;
}

/** A tool server of the run's own, spoken to over its stdin and stdout. */
export interface RunMcpServer {
  /** Letters, digits, `-` and `_`; the agent sees its tools under this name. */
  readonly name: string;
  /** Absolute path of its program. */
  readonly program: string;
  readonly args: readonly string[];
  /** What it gets beside the agent's own environment; may hold secrets (it goes through a file of mode 0600). */
  readonly env: Readonly<Record<string, string>>;
}

/** What an agent that keeps itself in a sandbox must reach beside its working folder, to commit and to report. */
export interface RunReach {
  /** Absolute folders that it must be able to write: git's own of the worktree, the workspace's. */
  readonly dirs: readonly string[];
  /** Whether its commands must reach other processes over the network, the loopback included. */
  readonly network: boolean;
}

export interface LaunchRequest {
  readonly runner: RunnerSpec;
  /** Working folder; must exist. */
  readonly cwd: string;
  /** What the agent is to do. */
  readonly brief: string;
  /** Where the brief is written (mode 0600), for the agent to read again; `SLUICE_BRIEF` names it. */
  readonly briefFile: string;
  /** Folder for the temporary files of this run; made where missing, `TMPDIR` names it. The caller removes it. */
  readonly tempDir: string;
  /** What the worker gives the agent beside the allow-list; wins over inherited values. */
  readonly env: Readonly<Record<string, string>>;
  /** Given to agents that speak MCP; where the program tells that it did not start, the run is `runner_failed`. A `command` ignores it. */
  readonly mcp?: RunMcpServer | undefined;
  /** Default: no sandbox, and the network. */
  readonly confinement?: Confinement | undefined;
  /** Default: nothing beside the working folder. Agents without a sandbox ignore it. */
  readonly reach?: RunReach | undefined;
  /** The session of an earlier run that is to go on. Programs that cannot do that ignore it; where it is gone, the run ends without a session. */
  readonly resume?: string | undefined;
  readonly marker: RunMarker;
  /** Ended as `timed_out` after so long. At least 1. */
  readonly timeoutMs: number;
  /** Ended as `stalled` after so long without output and without `activity()`. At least 1. */
  readonly stallMs: number;
  /** From the polite request to end to the kill. Default 10,000. */
  readonly graceMs?: number | undefined;
  /** Bytes kept of stdout and stderr together: the first half and the last. At least 1,024. */
  readonly maxLogBytes: number;
  /** Written anew. */
  readonly logFile: string;
  /**
   * Texts that must not reach the log, the events or the message; added to the values in the run's environment whose
   * names say key, token, secret, password, credential or lease. Shorter ones than 6 characters are ignored.
   */
  readonly secrets?: readonly string[] | undefined;
  /** Called for each event in order; must not throw. */
  readonly onEvent?: ((event: RunnerEvent) => void) | undefined;
  /** Aborted: as `stop("aborted")`. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunHandle {
  /** The program's process; absent where it never started. */
  readonly process: ProcessIdentity | undefined;
  /** Tells that the agent is alive in another way than by output (it called the backlog): the stall limit starts anew. */
  activity(): void;
  /** Ends the whole tree; the result is `interrupted` and carries the reason. Later calls change nothing. */
  stop(reason: string): void;
  /** Settles when every process of the run has ended and the log is complete. Never rejects. */
  readonly result: Promise<RunnerResult>;
}

export type RunnerDetection =
  | { readonly present: true; readonly path: string; readonly version: string | undefined }
  | { readonly present: false; readonly reason: string };

export interface EndedProcesses {
  readonly ended: readonly ProcessIdentity[];
  /** Still there after the kill: not ours to signal, or stuck in the kernel. */
  readonly remaining: readonly ProcessIdentity[];
}

/** How to find a launch's processes. Where the platform hides environments (not Linux), only `leader` finds anything. */
export interface RunProcessQuery {
  readonly token: string;
  readonly leader?: ProcessIdentity | undefined;
}

/** Starts runners, and finds and ends what they leave behind. */
export interface Launcher {
  /**
   * What a launch with this sandbox is kept in on this machine. Refuses with `unavailable` where what is asked for cannot be had:
   * `bwrap`, or no network.
   */
  isolation(asked: Pick<Confinement, "sandbox" | "network">): Isolation;
  /**
   * Starts one runner. A failure to start does not throw, it is a handle whose result is `runner_failed`; only a sandbox that cannot be
   * had is refused, as by `isolation`.
   */
  start(request: LaunchRequest): Promise<RunHandle>;
  /** Where the runner's program is, and which version it says it is. */
  detect(runner: RunnerSpec): Promise<RunnerDetection>;
  /** All living processes of one launch, also after the worker that made it has died. */
  findRunProcesses(query: RunProcessQuery): readonly ProcessIdentity[];
  /** Ends all of them: asks, waits `graceMs` (default 10,000), kills, and looks again until none is left. */
  endRunProcesses(
    query: RunProcessQuery & { readonly graceMs?: number | undefined },
  ): Promise<EndedProcesses>;
  /** The identity of a living process; undefined where there is none. */
  processIdentity(pid: number): ProcessIdentity | undefined;
  isAlive(identity: ProcessIdentity): boolean;
}
