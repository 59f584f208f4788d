import type { Selectable } from "kysely";
import type { ActorName } from "#domain/actor.ts";
import type { KindClass } from "#domain/kind.ts";
import type { Item } from "#domain/item/item.ts";
import type { Lane } from "#domain/lane.ts";
import type { ClaimFilter, RunnerInfo } from "#operations/ports/store/claim-store.ts";
import type { Database, Tx } from "#store/database.ts";
import type { Columns, EventColumns, ItemWrite } from "#store/item/item-write.ts";
import type { ItemTable } from "#store/schema.ts";

/** The order of `claimOrder`, as columns of an item: both databases pick by it along an index. */
export const CLAIM_ORDER = "band, deadline, tried, id";

/** A project with ready items. */
export interface OpenQueue {
  readonly projectId: number;
  /** How many leases it may have at a time; null for any number. */
  readonly bound: number | null;
  /** Sets of capabilities that its items ask for, of those the runner has; an empty text for items that any runner may take. */
  readonly needs: readonly string[];
}

/** Which ready item is looked for: the first of the first project, in this order, that has one and is below its bound. */
export interface ReadyPick {
  readonly queues: readonly OpenQueue[];
  readonly class: KindClass;
  /** Only these job kinds; all where absent. */
  readonly kinds?: readonly string[] | undefined;
}

/** All that a claim of the next ready item needs to know, so that a database can do it in one call. */
export interface ReadyClaim {
  readonly filter: ClaimFilter;
  /** Items whose time has come have been looked at. */
  readonly woken: boolean;
  readonly leaseId: string;
  /** Milliseconds. */
  readonly ttlMs: number;
  readonly holder: ActorName;
  readonly runner: RunnerInfo;
  readonly event: Pick<EventColumns, "auth" | "door" | "idempotencyKey">;
  /** A run's uid, made at a time in epoch milliseconds. */
  readonly uid: (now: number) => string;
  /** Numbers in [0, 1) for the draw between projects. */
  readonly random: () => number;
  /** All that leasing an item writes. */
  readonly lease: (item: Item, runId: number, now: number, lanes: readonly Lane[]) => Written;
}

/** An item as it is once `write` is written. */
export interface Written {
  readonly after: Item;
  readonly write: ItemWrite;
}

/** What came of a claim. */
export type Claimed =
  | { readonly leased: Item }
  /** The drawn project's first ready item names paths, which have to be looked at before. */
  | { readonly namesPaths: OpenQueue }
  /** Another claim came between. */
  | { readonly again: true }
  | {
      readonly none: {
        /** An item's time has come, and no claim has looked at it since. */
        readonly isDue: boolean;
        /** There are items that another's paths keep back. */
        readonly hasHeld: boolean;
      };
    };

/** Columns of a run that say who runs it. */
export const runnerColumns = ({ runner, host, worker, workerId }: RunnerInfo) => ({
  runner: runner ?? null,
  host: host ?? null,
  worker: worker ?? null,
  worker_id: workerId ?? null,
});

export interface WrittenItem {
  /** Number of the note that the event tells of; 0 without one. */
  readonly noteId: number;
}

/** What a database does for an item in as few round trips as it can. */
export interface ItemStatements {
  /** Adds a row in a transaction and answers its id. */
  readonly insert: (tx: Tx, table: "note" | "run", columns: Columns) => Promise<number>;
  /** Undefined where nothing was written: the lease has ended, or another change came between. */
  readonly write: (db: Database | Tx, write: ItemWrite) => Promise<WrittenItem | undefined>;
  readonly firstReady: (db: Database | Tx, pick: ReadyPick) => Promise<Selectable<ItemTable> | undefined>;
  readonly claimReady: (db: Database | Tx, claim: ReadyClaim) => Promise<Claimed>;
}
