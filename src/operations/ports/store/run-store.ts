import type { ActorName } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import type { Outcome } from "#domain/run/outcome.ts";
import type { Page, PageRequest } from "./page.ts";

export interface RunRepo {
  readonly repoId: number;
  readonly alias: string;
  readonly target: string;
  readonly worktree: string | null;
  readonly branch: string | null;
  readonly baseSha: string | null;
  readonly headSha: string | null;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** One attempt at one item by one runner. */
export interface Run {
  readonly id: number;
  readonly itemId: number;
  readonly leaseId: string;
  readonly holder: ActorName;
  readonly runner: string | null;
  readonly host: string | null;
  readonly worker: string | null;
  readonly workerId: string | null;
  /** Identity of the agent's process on its host. */
  readonly agent: string | null;
  /** Secret marker in the environment of every process of the run. */
  readonly token: string | null;
  /** The agent program's own name for its conversation. */
  readonly sessionId: string | null;
  /** Id of the earlier run whose session went on in this one; null where it began its own. */
  readonly resumes: number | null;
  readonly planVersion: number | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  /** What the holder reported with `finish`, before any check. */
  readonly reported: string | null;
  readonly usage: Usage | null;
  readonly costUsd: number | null;
  /** How long its agent's program ran, milliseconds; without a worker, how long it held the item. */
  readonly workedMs: number | null;
  readonly logPath: string | null;
  readonly logBytes: number | null;
  /** What its agent was kept in; null before it started, and without a worker. */
  readonly isolation: string | null;
  /** Since when its check runs; it stays where the worker died meanwhile. */
  readonly checkBeganAt: number | null;
  /** Checks that ended with their worker, and were begun anew. */
  readonly checkLosses: number;
  readonly repos: readonly RunRepo[];
}

export interface LandingIntent {
  readonly id: number;
  readonly runId: number;
  readonly itemId: number;
  readonly repoId: number;
  readonly target: string;
  /** Tip of the target the merge was built on. */
  readonly tip: string;
  readonly merge: string;
  readonly patchId: string | null;
  readonly state: "intended" | "landed" | "abandoned";
}

/** A run's branch that a forge was asked to merge. */
export interface PullRequest {
  readonly id: number;
  readonly runId: number;
  readonly itemId: number;
  readonly repoId: number;
  /** As the forge counts, in its repository. */
  readonly number: number;
  readonly url: string;
  readonly branch: string;
  readonly target: string;
  readonly state: "open" | "merged" | "closed";
  /** The commit that the forge made of it. */
  readonly merge: string | null;
  /** When the forge was last asked about it, epoch milliseconds. */
  readonly lookedAt: number;
}

export interface RunStore {
  readonly get: (request: { id: number }) => Promise<Run>;
  /** Newest first. */
  readonly list: (request: {
    itemId?: number | undefined;
    /** Of items of these projects only; not empty. */
    projectIds?: readonly number[] | undefined;
    live?: boolean | undefined;
    host?: string | undefined;
    page: PageRequest;
  }) => Promise<Page<Run>>;
  /** Facts of a run as they become known. Needs no lease: only the run's worker knows its id. */
  readonly record: (request: {
    id: number;
    agent?: string | undefined;
    token?: string | undefined;
    sessionId?: string | undefined;
    resumes?: number | undefined;
    usage?: Usage | undefined;
    costUsd?: number | undefined;
    /** How long the agent's program ran, milliseconds. Counts against budgets, as usage and cost do. */
    workedMs?: number | undefined;
    logPath?: string | undefined;
    logBytes?: number | undefined;
    isolation?: string | undefined;
    check?: "begins" | "ended" | undefined;
    repo?:
      | {
          readonly repoId: number;
          readonly target: string;
          readonly worktree?: string | undefined;
          readonly branch?: string | undefined;
          readonly baseSha?: string | undefined;
          readonly headSha?: string | undefined;
        }
      | undefined;
  }) => Promise<void>;
  /** Takes the right to land on one target; undefined while another holds it. Fenced: an expired holder's writes are refused. */
  readonly lockTarget: (request: {
    by: Caller;
    repoId: number;
    target: string;
    ttlMs: number;
  }) => Promise<{ readonly leaseId: string; readonly fence: number } | undefined>;
  readonly unlockTarget: (request: { repoId: number; target: string; leaseId: string }) => Promise<void>;
  /** Records what is about to be put on the target; refuses with `lease_lost` without the target's live lock. */
  readonly intend: (request: {
    by: Caller;
    leaseId: string;
    runId: number;
    itemId: number;
    repoId: number;
    target: string;
    tip: string;
    merge: string;
    patchId?: string | undefined;
  }) => Promise<LandingIntent>;
  readonly settleLanding: (request: {
    by: Caller;
    id: number;
    state: "landed" | "abandoned";
  }) => Promise<void>;
  readonly landings: (request: {
    itemId?: number | undefined;
    runId?: number | undefined;
    sha?: string | undefined;
    state?: LandingIntent["state"] | undefined;
  }) => Promise<readonly LandingIntent[]>;
  /** Records a pull request that is open; the same number of the same repo again becomes the new run's. */
  readonly openedPullRequest: (request: {
    by: Caller;
    runId: number;
    itemId: number;
    repoId: number;
    number: number;
    url: string;
    branch: string;
    target: string;
  }) => Promise<PullRequest>;
  /** What the forge said of it just now. */
  readonly lookedAtPullRequest: (request: {
    by: Caller;
    id: number;
    itemId: number;
    state: PullRequest["state"];
    merge?: string | undefined;
  }) => Promise<void>;
  /** In the order of opening. */
  readonly pullRequests: (request: {
    itemId?: number | undefined;
    runId?: number | undefined;
    state?: PullRequest["state"] | undefined;
  }) => Promise<readonly PullRequest[]>;
  readonly breaker: (request: { runner: string }) => Promise<unknown>;
  readonly setBreaker: (request: { runner: string; state: unknown }) => Promise<void>;
  /** Registers or renews a worker, so that `doctor` and people see who works. */
  readonly beat: (request: {
    id: string;
    host: string;
    identity: string;
    actor: ActorName;
    stopped?: boolean | undefined;
  }) => Promise<void>;
  readonly workers: () => Promise<
    readonly {
      readonly id: string;
      readonly host: string;
      readonly identity: string;
      readonly actor: ActorName;
      readonly startedAt: number;
      readonly seenAt: number;
      readonly stoppedAt: number | null;
    }[]
  >;
}
