import type { Outcome } from "#domain/run/outcome.ts";
import type { Isolation } from "#operations/ports/launcher.ts";
import type { Phase } from "#domain/item/lifecycle.ts";

/** The item and run that an event is about. */
export interface RunName {
  /** `OB-12` */
  readonly ref: string;
  /** `R-31` */
  readonly run: string;
}

/** Why a worker ended. `barred`: work is left, but no runner may start before `until` (epoch ms), since every breaker is open. `unreachable`: the same of items whose remote does not answer. */
export type WorkEnd =
  | { readonly why: "empty" | "drained" | "stopped" }
  | { readonly why: "barred" | "unreachable"; readonly until: number };

/** One step of a worker, JSON values only: what `sluice work` prints, one per line. */
export type WorkerEvent =
  | {
      readonly type: "started";
      readonly worker: string;
      readonly slots: number;
      readonly background: number;
      /** What its runs are kept in where a project does not say otherwise. */
      readonly isolation: Isolation;
    }
  | ({
      readonly type: "claimed";
      readonly title: string;
      readonly project: string;
      readonly runner: string;
    } & RunName)
  | ({ readonly type: "premise_failed"; readonly expected: string; readonly found: string } & RunName)
  | ({
      readonly type: "prepared";
      readonly repo: string;
      readonly branch: string;
      readonly base: string;
    } & RunName)
  | ({ readonly type: "running"; readonly isolation: Isolation; readonly pid?: number } & RunName)
  /** The agent goes on with the session of this earlier run. */
  | ({ readonly type: "resumed"; readonly former: string; readonly session: string } & RunName)
  | ({ readonly type: "stopped"; readonly why: string } & RunName)
  /** Processes that outlived the agent, and were ended: `PID (NAME)` as the run saw them. */
  | ({ readonly type: "outlived"; readonly processes: readonly string[] } & RunName)
  | ({ readonly type: "ended"; readonly outcome: Outcome; readonly message?: string } & RunName)
  | ({ readonly type: "checking"; readonly repo: string; readonly merge: string } & RunName)
  | ({ readonly type: "checked"; readonly repo: string; readonly passed: boolean } & RunName)
  | ({ readonly type: "returned"; readonly outcome: Outcome; readonly reason: string } & RunName)
  | ({ readonly type: "waits"; readonly phase: Phase; readonly note?: string } & RunName)
  | ({
      readonly type: "landed";
      readonly repo: string;
      readonly target: string;
      readonly commit: string;
    } & RunName)
  | ({ readonly type: "pull_request"; readonly repo: string; readonly url: string } & RunName)
  | ({ readonly type: "done" } & RunName)
  | ({ readonly type: "left"; readonly note: string } & RunName)
  | ({ readonly type: "recovered"; readonly processesEnded: number } & RunName)
  | { readonly type: "breaker_open"; readonly runner: string; readonly until: number }
  | { readonly type: "problem"; readonly code: string; readonly message: string; readonly run?: string }
  | ({ readonly type: "finished"; readonly runs: number } & WorkEnd);
