import type { Selectable } from "kysely";
import type { KindClass } from "#domain/kind.ts";
import type { Item } from "#domain/item/item.ts";
import type { Database, Tx } from "#store/database.ts";
import type { Columns, EventColumns, ItemWrite } from "#store/item/item-write.ts";
import type { ItemTable } from "#store/schema.ts";

/** The order of `claimOrder`, as columns of an item: both databases pick by it along an index. */
export const CLAIM_ORDER = "band, deadline, tried, id";

/** A project with ready items, as the draw goes over it. */
export interface OpenQueue {
  readonly projectId: number;
  readonly weight: number;
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

export interface ReadyClaim extends ReadyPick {
  readonly leaseId: string;
  /** Milliseconds. */
  readonly ttlMs: number;
  /** Columns of its run that do not follow from the item and the lease. */
  readonly run: Columns & { readonly holder: string };
  readonly event: Pick<EventColumns, "actor" | "auth" | "door" | "operation" | "idempotencyKey">;
  /** All that leasing an item writes. */
  readonly lease: (item: Item, runId: number, now: number) => ItemWrite;
}

/** What came of a claim: the item leased; or the project whose first ready item names paths, which have to be looked at before. */
export type Claimed = { readonly leased: Selectable<ItemTable> } | { readonly namesPaths: number };

/** What a database does for an item in as few round trips as it can. */
export interface ItemStatements {
  /** Whether it was written: false where the lease has ended or another change came between. */
  readonly write: (db: Database | Tx, write: ItemWrite) => Promise<boolean>;
  readonly firstReady: (db: Database | Tx, pick: ReadyPick) => Promise<Selectable<ItemTable> | undefined>;
  /** Undefined when none is ready. */
  readonly claimReady: (db: Database | Tx, claim: ReadyClaim) => Promise<Claimed | undefined>;
}
