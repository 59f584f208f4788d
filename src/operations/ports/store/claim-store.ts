import type { BudgetUnit } from "#domain/schedule/budget.ts";
import type { QueuePressure } from "#domain/schedule/starvation.ts";
import type { ActorName } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import type { Item } from "#domain/item/item.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import type { KindClass } from "#domain/kind.ts";
import type { Outcome, ReportedOutcome } from "#domain/run/outcome.ts";
import type { ItemDetail } from "./item-store.ts";
import type { Run } from "./run-store.ts";

export interface ClaimFilter {
  readonly projectIds?: readonly number[] | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly class?: KindClass | undefined;
  /** Capabilities the runner has; only items whose needs are among them are given. */
  readonly capabilities?: readonly string[] | undefined;
}

/** Who runs it, kept on the run. */
export interface RunnerInfo {
  readonly runner?: string | undefined;
  readonly host?: string | undefined;
  /** Identity of the worker's process on its host (pid, start time, boot). */
  readonly worker?: string | undefined;
  readonly workerId?: string | undefined;
}

export interface Lease {
  /** Random per claim; whoever has it may write for the run. */
  readonly id: string;
  readonly fence: number;
  readonly holder: ActorName;
  readonly acquiredAt: number;
  readonly expiresAt: number;
}

export interface Claim {
  readonly item: Item;
  readonly lease: Lease;
  readonly runId: number;
}

/** What could be claimed, and what keeps other things from it. */
export interface ReadySummary {
  /** Could be claimed now, as far as their own row and their project say. */
  readonly ready: number;
  /** Aliases of the projects that a budget keeps back. */
  readonly overBudget: readonly string[];
  /** Projects that have as many leases as they may, and something ready. */
  readonly atBound: readonly FullProject[];
  /** What would be ready or timed if its project were not archived. */
  readonly archived: number;
}

/** Why nothing could be claimed, in counts. */
export interface QueueSummary extends ReadySummary {
  readonly blocked: number;
  readonly held: number;
  readonly leased: number;
  readonly timed: number;
  /** Open items per human lane. */
  readonly waitingOnHumans: Readonly<Record<string, number>>;
  readonly atGate: number;
  readonly inReview: number;
  /** The next `not_before`, lease expiry or deadline of a question with a default, epoch milliseconds. */
  readonly nextDueAt: number | null;
  readonly paused: readonly Pause[];
}

/** Things that wait for a person. */
export interface Waiting {
  readonly count: number;
  /** Since when the oldest is there, epoch milliseconds; null where nothing waits. */
  readonly oldestAt: number | null;
}

/** All that waits for a person, each thing counted exactly. */
export interface PersonSummary {
  /** Open items per human lane; `overdue` counts questions whose deadline has passed. */
  readonly lanes: Readonly<Record<string, Waiting & { readonly overdue: number }>>;
  /** Candidates. */
  readonly gate: Waiting;
  /** Results that a person is to look at. */
  readonly review: Waiting;
  /** Checks and landings that a worker left to a person, and results that no commit on the target is known of. */
  readonly landing: Waiting & { readonly oldestId: number | null };
  /** Items that nothing but a person unblocks. */
  readonly blocked: Waiting & { readonly oldestId: number | null };
  /** Open and blocked items that nobody touched since the beginning of a UTC day; so is the time of the oldest. */
  readonly untouched: Waiting;
}

export interface Board {
  /** The database's time, epoch milliseconds. */
  readonly at: number;
  readonly queue: ReadySummary;
  readonly person: PersonSummary;
  /** Under a live lease, the newest items first, with their titles. */
  readonly running: readonly (Run & { readonly title: string })[];
}

/** A project at its bound of leases. */
export interface FullProject {
  readonly alias: string;
  readonly maxLeases: number;
  /** Ready items that wait for a lease to end. */
  readonly waiting: number;
}

/** A budget of which nothing is left. */
export interface SpentBudget {
  readonly scope: "item" | "project" | "project_day" | "workspace_day";
  readonly unit: BudgetUnit;
  readonly limit: number;
  readonly spent: number;
  /** When it frees by itself, epoch milliseconds; null where only a person frees it. */
  readonly untilMs: number | null;
}

export interface Pause {
  readonly scope: "workspace" | "project" | "runner";
  readonly name: string;
  readonly by: ActorName;
  readonly at: number;
  readonly reason: string | null;
}

/** Corrected prerequisite that a block files: through the gate, or as an item under policy `inherit`. */
export interface Prerequisite {
  readonly title: string;
  readonly body?: string | undefined;
}

export interface BlockResult {
  readonly detail: ItemDetail;
  readonly run: Run | null;
  readonly prerequisite: {
    readonly kind: "item" | "candidate";
    readonly id: number;
    readonly title: string;
  } | null;
}

export interface Finished {
  /** The item as it then is. */
  readonly item: Item;
  readonly runId: number;
}

/** Who works under a live lease. */
export interface LeaseHolder {
  readonly actor: ActorName;
  readonly runId: number;
  readonly projectId: number;
}

/** Items counted before another one; a longer queue is not walked to its end. */
export const MOST_AHEAD = 1_000;

export interface ClaimStore {
  /** Undefined for a lease that has ended or never was. */
  readonly holderOf: (request: { leaseId: string }) => Promise<LeaseHolder | undefined>;
  /** Leases the next ready item in one atomic step; undefined when nothing is ready. */
  readonly next: (request: {
    by: Caller;
    filter: ClaimFilter;
    ttlMs: number;
    runner: RunnerInfo;
  }) => Promise<Claim | undefined>;
  /** Leases one item. Agents only agent-role lanes, humans any. Refuses with `conflict` naming every reason. */
  readonly item: (request: { by: Caller; id: number; ttlMs: number; runner: RunnerInfo }) => Promise<Claim>;
  /** The item that `next` would most likely give, without leasing it. */
  readonly peek: (request: { filter: ClaimFilter }) => Promise<Item | undefined>;
  readonly summary: (request: { projectIds?: readonly number[] | undefined }) => Promise<QueueSummary>;
  /**
   * What is ready, what waits for a person, and what runs.
   * @param mostRuns how many of those
   * @param unseenForMs a result that git has not seen on its target for so long waits for a person; milliseconds
   * @param untouchedForMs items last changed before the UTC day that was so long ago are untouched; milliseconds
   */
  readonly board: (request: {
    projectIds?: readonly number[] | undefined;
    unseenForMs: number;
    untouchedForMs: number;
    mostRuns: number;
  }) => Promise<Board>;
  /** How many ready items stand before this one in its project: exact up to `MOST_AHEAD`, which also stands for more. */
  readonly ahead: (request: { id: number }) => Promise<number>;
  /** The item at work whose paths keep this one back; undefined where it names none, or nobody is at work on them. */
  readonly pathHolder: (request: { id: number }) => Promise<number | undefined>;
  /** Waiting, arrivals and drains per project (ready items) and per lane (open items) since the beginning of the hour of a time. */
  readonly pressure: (request: {
    sinceMs: number;
  }) => Promise<{ readonly projects: readonly QueuePressure[]; readonly lanes: readonly QueuePressure[] }>;
  /** The budgets that keep an item back: its own, its project's, the workspace's. */
  readonly spentBudgets: (request: { id: number }) => Promise<readonly SpentBudget[]>;
  readonly countReady: (request: { filter: ClaimFilter }) => Promise<number>;

  /** All below take a live lease and refuse with `lease_lost` otherwise; a repeated finish, block or release answers its first result. */
  readonly heartbeat: (request: {
    by: Caller;
    leaseId: string;
    ttlMs?: number | undefined;
  }) => Promise<Lease>;
  readonly release: (request: {
    by: Caller;
    leaseId: string;
    note: string;
  }) => Promise<{ detail: ItemDetail; run: Run }>;
  readonly block: (request: {
    by: Caller;
    leaseId: string;
    note: string;
    prerequisite?: Prerequisite | undefined;
    /** Spec fields to change when the last blocker is done. */
    amendment?:
      | {
          readonly problem?: string | undefined;
          readonly steps?: readonly string[] | undefined;
          readonly risks?: readonly string[] | undefined;
        }
      | undefined;
  }) => Promise<BlockResult>;
  readonly ask: (request: {
    by: Caller;
    leaseId: string;
    question: string;
    options: readonly string[];
    defaultOption?: string | undefined;
    deadlineMs?: number | undefined;
    askedOf?: string | undefined;
  }) => Promise<{ detail: ItemDetail; run: Run }>;
  /** The first or the repeated result of a finish; read the rest with `items.get` and `runs.get`. */
  readonly finish: (request: {
    by: Caller;
    leaseId: string;
    outcome: ReportedOutcome;
    note?: string | undefined;
    evidence: readonly { kind: string; value: string }[];
  }) => Promise<Finished>;

  /** Ends a run from outside with an outcome: its worker, or a human who revokes. Counts attempts and losses, parks where spent. */
  readonly end: (request: {
    by: Caller;
    runId: number;
    outcome: Outcome;
    note?: string | undefined;
    /** Nobody is given the item before, epoch ms; default what the outcome says. */
    notBeforeMs?: number | undefined;
  }) => Promise<ItemDetail>;
  /** Blocks an item that nobody works on. */
  readonly blockItem: (request: {
    by: Caller;
    id: number;
    note: string;
    prerequisite?: Prerequisite | undefined;
  }) => Promise<BlockResult>;
  /** Sends an item to the investigation lane with what was expected, found and tried. Ends its lease. */
  readonly park: (request: {
    by: Caller;
    leaseId: string;
    outcome: Outcome;
    note: string;
  }) => Promise<ItemDetail>;

  /**
   * A worker takes an item in review (phase verify or land) that no live lease holds; undefined when there is none. The run's
   * worker, host and worker id become those of `runner`, by which others see whether the holder still lives.
   */
  readonly takeReview: (request: {
    by: Caller;
    runId?: number | undefined;
    ttlMs: number;
    phases: readonly Phase[];
    runner?: Pick<RunnerInfo, "host" | "worker" | "workerId"> | undefined;
  }) => Promise<Claim | undefined>;
  /** The current phase has passed: next phase, or done. Refused unless the lease is the item's live one. */
  readonly advance: (request: {
    by: Caller;
    leaseId?: string | undefined;
    id: number;
    phase: Phase;
    note?: string | undefined;
    to?: Phase | undefined;
  }) => Promise<ItemDetail>;
  /** Back to open, same lane and place; the next run gets the reason. */
  readonly return: (request: {
    by: Caller;
    leaseId?: string | undefined;
    id: number;
    outcome: Outcome;
    reason: string;
  }) => Promise<ItemDetail>;
  /** Gives a review back unsettled (the worker stops, or only a person can go on). */
  readonly leaveReview: (request: {
    by: Caller;
    leaseId: string;
    note?: string | undefined;
    notBeforeMs?: number | undefined;
  }) => Promise<ItemDetail>;

  readonly pause: (request: {
    by: Caller;
    scope: Pause["scope"];
    name: string;
    reason?: string | undefined;
  }) => Promise<void>;
  readonly resume: (request: { by: Caller; scope: Pause["scope"]; name: string }) => Promise<void>;
  readonly pauses: () => Promise<readonly Pause[]>;
}
