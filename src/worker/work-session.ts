import type { BreakerState } from "#domain/runner/breaker.ts";
import type { WorkerDeps, WorkerRunner } from "./worker-deps.ts";
import type { WorkerEvent } from "./worker-event.ts";

export interface WorkOptions {
  /** Used in turn; at least one. */
  readonly runners: readonly WorkerRunner[];
  /** Items of core kinds worked at the same time; default 1. */
  readonly slots?: number | undefined;
  /** Items of background kinds worked at the same time, beside the core slots; default 1. */
  readonly backgroundSlots?: number | undefined;
  /** End when nothing is left that this worker could do, now or within a back-off, or when every runner's breaker is open. */
  readonly untilEmpty?: boolean | undefined;
  /** Default all. */
  readonly projectIds?: readonly number[] | undefined;
  /** Aborted: no new claims; what runs is finished. */
  readonly drain?: AbortSignal | undefined;
  /** Aborted: runs are stopped and their leases given back. */
  readonly stop?: AbortSignal | undefined;
  readonly emit: (event: WorkerEvent) => void;
}

/** What the slots of one working process share. */
export interface WorkSession {
  readonly deps: WorkerDeps;
  readonly options: WorkOptions;
  readonly drain: AbortSignal;
  readonly stop: AbortSignal;
  /** Runs that this process is at. */
  readonly busy: Set<number>;
  /** Reviews that this process has left to a person: looked at again when their pause is over, by a new worker at once. */
  readonly forHumans: Set<number>;
  /** Ended runs whose worktrees this process has cleared away, or tried to. */
  readonly swept: Set<number>;
  /** Runs whose check this process has begun, and not recorded the end of. */
  readonly checking: Set<number>;
  /** How often a run's review failed for a reason of the machine's, and when it is tried again, in the worker's time. */
  readonly failures: Map<number, { readonly times: number; readonly retryAt: number }>;
  /** Slots that found nothing since something last happened. */
  readonly idle: Set<string>;
  /** Slots that have ended because nothing was left. */
  readonly left: Set<string>;
  /** Aborted, and made anew, when a job ends: idle slots look again at once, since it may have made an item ready. */
  nudge: AbortController;
  /** When the first breaker lets a run start again, epoch ms; while every runner's is open. */
  barredUntil: number | undefined;
  /** Items whose remote has not answered several times in a row, and until when they are put off, in the worker's time. */
  readonly putOffs: Map<number, number>;
  /** Of each runner, as they were when this process last looked. */
  readonly breakers: Map<string, BreakerState>;
  /** Which runner is asked first the next time. */
  turn: number;
  runs: number;
}

/** What the slots of one process share, before any has begun. */
export function openSession(deps: WorkerDeps, options: WorkOptions): WorkSession {
  const never = new AbortController().signal;
  const stop = options.stop ?? never;
  return {
    deps,
    options,
    drain: AbortSignal.any([options.drain ?? never, stop]),
    stop,
    busy: new Set(),
    forHumans: new Set(),
    swept: new Set(),
    checking: new Set(),
    failures: new Map(),
    nudge: new AbortController(),
    barredUntil: undefined,
    putOffs: new Map(),
    idle: new Set(),
    left: new Set(),
    breakers: new Map(),
    turn: 0,
    runs: 0,
  };
}
