import type { Selectable } from "kysely";
import type { ActorName } from "#domain/actor.ts";
import type { KindClass } from "#domain/kind.ts";
import type { Item } from "#domain/item/item.ts";
import type { Lane } from "#domain/lane.ts";
import { CLAIM_FIELDS } from "#domain/schedule/claim-order.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { ClaimFilter, RunnerInfo } from "#operations/ports/store/claim-store.ts";
import type { Database, SqlNames, Tx } from "#store/database.ts";
import type { Columns, EventColumns, ItemWrite, Value } from "#store/item/item-write.ts";
import type { ItemTable } from "#store/schema.ts";

/** The order of `claimOrder`, as columns of an item: both databases pick by it along an index. */
export const CLAIM_ORDER = CLAIM_FIELDS.join(", ");

/** `drawKey` as an expression, for the database that draws, picks and leases in one call. */
export const drawKeySql = (u: string, weight: string): string => `-ln(1 - ${u}) / ${weight}`;

/** Leases of a project; an expression. */
export const leasesOf = ({ t }: Pick<SqlNames, "t">, project: string): string =>
  `(select count(*) from ${t("item")} l where l.project_id = ${project} and l.q = ${QUEUE.leased})`;

/** A condition on an item, by expressions: it is ready, in one queue. `kinds` is a list, or null for all; absent for all too. */
export const isReady = (
  { isIn }: Pick<SqlNames, "isIn">,
  item: string,
  queue: {
    readonly class: string;
    readonly needs: string;
    readonly project: string;
    readonly kinds?: string | undefined;
  },
): string =>
  `${item}.q = ${QUEUE.ready} and ${item}.class = ${queue.class} and ${item}.needs = ${queue.needs} and ${item}.project_id = ${queue.project}
    ${queue.kinds === undefined ? "" : `and (${isIn(`${item}.kind`, queue.kinds)} or ${queue.kinds} is null)`}`;

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
  readonly event: Pick<EventColumns, "auth" | "interface" | "operation" | "idempotencyKey">;
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

/** A run as a claim begins it; its values may be expressions. */
export const newRun = (run: {
  readonly uid: string;
  readonly itemId: Value;
  readonly leaseId: string;
  readonly holder: string;
  readonly runner: RunnerInfo;
  readonly startedAt: Value;
}): Columns => ({
  uid: run.uid,
  item_id: run.itemId,
  lease_id: run.leaseId,
  holder: run.holder,
  runner: run.runner.runner ?? null,
  host: run.runner.host ?? null,
  worker: run.runner.worker ?? null,
  worker_id: run.runner.workerId ?? null,
  started_at: run.startedAt,
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
