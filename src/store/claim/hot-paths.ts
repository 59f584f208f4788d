import type { Kysely, Selectable } from "kysely";
import type { LaneRole } from "#domain/lane.ts";
import type { ItemTable, Tables } from "#store/schema.ts";

/** The database, or a transaction on it. */
type Handle = Kysely<Tables>;

/** A claim of the next ready item, ready to be put into one statement. */
export interface ReadyClaim {
  /** (project, needs) pairs in drawn order; the first with a ready item wins. */
  readonly pairs: readonly { readonly projectId: number; readonly needs: string }[];
  readonly class: string;
  /** Only these job kinds; all where absent. */
  readonly kinds?: readonly string[] | undefined;
  readonly leaseId: string;
  readonly ttlMs: number;
  readonly run: {
    readonly uid: string;
    readonly holder: string;
    readonly runner: string | null;
    readonly host: string | null;
    readonly worker: string | null;
    readonly workerId: string | null;
  };
  readonly event: EventHead;
}

/** What is the same in every event of one call. */
export interface EventHead {
  readonly actor: string;
  readonly auth: string;
  readonly door: string;
  readonly operation: string;
}

/** Which ready item is looked for. */
export type ReadyPick = Pick<ReadyClaim, "pairs" | "class" | "kinds">;

export interface QueueHead {
  /** The database's time, epoch milliseconds. */
  readonly now: number;
  /** When the next item must be looked at again; null when none waits for a time. */
  readonly nextDue: number | null;
  readonly entries: readonly {
    readonly projectId: number;
    readonly needs: string;
    readonly weight: number;
    readonly bounded: boolean;
  }[];
}

/** An item by its live lease, with all that finishing it asks for. */
export interface LeasedRow {
  readonly item: Selectable<ItemTable>;
  readonly laneRole: LaneRole;
  readonly workerId: string | null;
  readonly landing: string;
  readonly policy: string;
  readonly now: number;
}

/** One change of a leased item with its run and event: a single write, refused unless the lease is still live and nothing moved. */
export interface LeasedWrite {
  readonly itemId: number;
  readonly eventN: number;
  readonly leaseId: string;
  readonly columns: Readonly<Record<string, string | number | null>>;
  readonly run: { readonly id: number; readonly columns: Readonly<Record<string, string | number | null>> };
  readonly event: EventHead & { readonly changes: string };
}

/**
 * The two steps of the agents' loop that decide the product's speed, each as few round trips as its database allows. They are the same
 * rules as the general ones, which they fall back to; the conformance suite holds both.
 */
export interface HotPaths {
  /** Runs `work`, whose only write is its last call of a member below. A transaction where reading first would race otherwise. */
  readonly oneWrite: <T>(db: Handle, work: (handle: Handle) => Promise<T>) => Promise<T>;
  /** @param runner whose pause closes every queue; empty for none */
  readonly queueHead: (handle: Handle, kindClass: string, runner: string) => Promise<QueueHead>;
  /** The item leased; `contested` when the first ready one touches paths and needs the general way; undefined when none is ready. */
  readonly claimReady: (
    handle: Handle,
    claim: ReadyClaim,
  ) => Promise<Selectable<ItemTable> | "contested" | undefined>;
  /** The item that `claimReady` would take, left as it is. */
  readonly peekReady: (handle: Handle, pick: ReadyPick) => Promise<Selectable<ItemTable> | undefined>;
  readonly readLeased: (handle: Handle, leaseId: string) => Promise<LeasedRow | undefined>;
  /** When it was written, epoch milliseconds; undefined when the lease ended or the item moved meanwhile: nothing was written then. */
  readonly saveLeased: (handle: Handle, write: LeasedWrite) => Promise<number | undefined>;
}
