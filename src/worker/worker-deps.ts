import type { Actor } from "#domain/actor.ts";
import type { ProcessIdentity, Launcher, RunMcpServer, RunnerSpec } from "#operations/ports/launcher.ts";
import type { ForgePort } from "#operations/ports/forge.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { WorkerPort } from "#operations/worker/worker-operations.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";

/** A runner that a worker may start: its name is the actor's (`ai:NAME`). */
export interface WorkerRunner {
  /** Letters, digits and `._@/+-`, 1 to 64 characters, e.g. `claude-code`. Breakers and pauses go by it. */
  readonly name: string;
  readonly spec: RunnerSpec;
  /** What it can do; it is given only items whose needs are among these. */
  readonly capabilities: readonly string[];
}

/** Where a run works in one repo. */
export interface BriefPlace {
  readonly alias: string;
  readonly dir: string;
  readonly branch: string;
  /** The commit it starts from. */
  readonly base: string;
  /** The branch its result goes to. */
  readonly target: string;
}

/** What a brief says beside the item itself. */
export interface BriefContext {
  readonly ref: string;
  readonly run: string;
  readonly places: readonly BriefPlace[];
  /** Runs of the item that ended before, newest last. */
  readonly earlier: readonly Run[];
  /** The one of them whose session goes on: its agent knows what it did. */
  readonly resumes?: Run | undefined;
}

export interface WorkerLimits {
  /** Length of a run's lease. */
  readonly leaseTtlMs: number;
  /** An agent is ended as `timed_out` after so long. */
  readonly runTimeoutMs: number;
  /** An agent is ended as `stalled` after so long without a sign of life. */
  readonly stallMs: number;
  readonly setupTimeoutMs: number;
  readonly checkTimeoutMs: number;
  /** From the polite request to end to the kill. */
  readonly graceMs: number;
  /** How long an agent that has reported may take to exit by itself. */
  readonly lingerMs: number;
  readonly maxLogBytes: number;
  /** How often an idle slot looks for work, and a busy one whether its run still stands. */
  readonly pollMs: number;
  /** How often the runs of dead workers are looked for. */
  readonly recoverEveryMs: number;
}

export const DEFAULT_LIMITS: WorkerLimits = {
  leaseTtlMs: 15 * 60_000,
  runTimeoutMs: 60 * 60_000,
  stallMs: 15 * 60_000,
  setupTimeoutMs: 15 * 60_000,
  checkTimeoutMs: 30 * 60_000,
  graceMs: 10_000,
  lingerMs: 30_000,
  maxLogBytes: 16 * 1024 * 1024,
  pollMs: 1_000,
  recoverEveryMs: 15_000,
};

/** Whom an interface of a run's own speaks for. */
export interface ServedRun {
  readonly actor: Actor;
  /** `R-31` */
  readonly run: string;
  readonly leaseId: string;
  readonly projectId: number;
  /** The run's own folder, in which the socket is made. */
  readonly folder: string;
}

/** The way to the workspace for what is in a run's box. */
export interface RunInterface {
  /** Absolute path of its socket, mode 0600. */
  readonly socket: string;
  readonly close: () => Promise<void>;
}

/** What a worker works with; made by the composition root. */
export interface WorkerDeps {
  /** Everything that it asks of the workspace and writes there. */
  readonly port: WorkerPort;
  readonly git: GitPort;
  readonly forge: ForgePort;
  readonly launcher: Launcher;
  /** The text an agent starts from. */
  readonly brief: (detail: ItemDetail, context: BriefContext) => string;
  /** Name of this machine, as the store keeps checkouts and runs by it. */
  readonly host: string;
  /** The process that works. Another worker, on the same host, finds out by it whether this one still lives. */
  readonly identity: ProcessIdentity;
  /** Random per process. */
  readonly workerId: string;
  /** What an agent's `SLUICE_WORKSPACE` says: where the store is. */
  readonly workspace: string;
  /** Absolute folder, outside of every checkout, for worktrees, logs and briefs. */
  readonly stateDir: string;
  /** What serves an agent that speaks MCP; it gets the run's rights in its environment. */
  readonly toolServer: Pick<RunMcpServer, "program" | "args">;
  /** Folders of that program, which a run in a box must see. */
  readonly programFolders: readonly string[];
  /** What no run in a box sees beside what is private to the account: the workspace's file, the state of Sluice. */
  readonly hidden: readonly string[];
  /** Opens the run's own interface to the workspace. Undefined where agents reach it over the network anyway. */
  readonly serveRun: ((run: ServedRun) => Promise<RunInterface>) | undefined;
  /** `PATH` of the agents: the folder of the `sluice` program first. */
  readonly path: string;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** A new secret of 16 to 128 letters, digits, `-` or `_`. */
  readonly token: () => string;
  /** Resolves after `ms`, or at once when the signal is aborted; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly limits: WorkerLimits;
}
