import type { RawBuilder } from "kysely";
import type { SearchTerm } from "#domain/text/search-tokens.ts";
import type { Finding } from "#operations/ports/store/history-store.ts";
import type { Database, SqlNames, Tx } from "./database.ts";
import type { ItemStatements } from "./queue/ready.ts";
import type { Tables } from "./schema.ts";

export type { Database, SqlNames, Tx };

/** What went wrong in a database call, in the store's own words. */
export type Failure =
  /** Another writer was in the way; the same transaction may be tried again. */
  | "busy"
  /** A uniqueness or check rule refused the write. */
  | "constraint"
  /** The server does not take calls now; nothing was sent, so that the same call may be tried again. */
  | "absent"
  /** The server stopped answering: what was being written may have been or not. */
  | "cut off"
  /** The database cannot be read or written; nothing was. */
  | "unavailable"
  /** The disk has no room; nothing was written. */
  | "full"
  /** The file, its folder or its disk is read-only; nothing was written. */
  | "read-only"
  /** The role that the address names may not do this; nothing was written. */
  | "forbidden"
  /** The file or its content is damaged. */
  | "corrupt"
  | "unknown";

/** What a statement whose text is always the same takes; a list for `isIn` and `holdsAll`. */
type RowsValue = string | number | null | readonly string[] | readonly number[];

/** One thing wrong with a database; its message is a sentence. */
export type DatabaseProblem = Pick<Finding, "severity" | "message">;

/** The order in which transactions ended, as far as no one can come to stand before what was read. */
interface Following {
  /** Of a row of `event`: where it stands, as text; of equals the id decides. */
  readonly position: RawBuilder<string>;
  /** A row's transaction has ended, and so have all of this workspace that stand before it. For a statement after this one. */
  readonly settled: (db: Database | Tx) => Promise<RawBuilder<boolean>>;
  readonly after: (position: string, id: number) => RawBuilder<boolean>;
  readonly order: RawBuilder<unknown>;
  readonly newestFirst: RawBuilder<unknown>;
}

/** Every difference between the two databases. A difference is a member here, never a branch elsewhere. */
export interface StoreDialect {
  /** `sqlite` or `postgres`, for messages and reports only. */
  readonly name: string;
  /** The database's clock in epoch milliseconds, plus the session's offset; usable inside any statement. */
  readonly now: RawBuilder<number>;
  /** Ends a sub-select that picks a row to change, so that concurrent pickers pass over it instead of waiting. */
  readonly skipLocked: RawBuilder<unknown>;
  /** Ends a select whose rows will be changed in this transaction, so that others wait. */
  readonly forUpdate: RawBuilder<unknown>;
  /** A table by its full name, for hand-written statements. */
  readonly table: (
    name:
      | keyof Tables
      | "item_search"
      | "recounted"
      | "tallied"
      | "tallied_total"
      | "tally"
      | "tally_change"
      | "tally_total",
  ) => RawBuilder<unknown>;
  /** Waits for and holds, until the transaction ends, the right to change what `key` names. Nothing where one writer holds all. */
  readonly lock: (tx: Tx, key: string) => Promise<void>;
  /** Replaces what full-text search knows of an item. */
  readonly index: (tx: Tx, itemId: number, tokens: readonly string[]) => Promise<void>;
  /** Runs a read whose text is always the same; outside of a transaction its plan may be kept. */
  readonly rows: <R extends object>(
    db: Database | Tx,
    text: (names: SqlNames) => string,
    values: readonly RowsValue[],
  ) => Promise<readonly R[]>;
  /** A condition on `item.id`: the items that have all terms. `terms` is not empty. */
  readonly matches: (terms: readonly SearchTerm[]) => RawBuilder<boolean>;
  /**
   * A text that is another once anything was written, by this process or committed by another; undefined where the database cannot tell
   * for less than a read.
   */
  readonly state: () => string | undefined;
  /** How readers follow the history. */
  readonly following: Following;
  /** How an item is picked and written, in as few round trips as this database allows. */
  readonly items: ItemStatements;
  /** Runs `work`, whose only write is its last statement. A transaction where reading first would race otherwise. */
  readonly oneWrite: <T>(db: Database, work: (db: Database | Tx) => Promise<T>) => Promise<T>;
  readonly classify: (error: unknown) => Failure;
  /** Bounds of a retry: how long to wait before trying a busy transaction again, milliseconds. `random` in [0, 1). */
  readonly retryDelayMs: (attempt: number, random: number) => number;
  /** What heartbeats go through: nothing else may keep it busy. */
  readonly heartbeats: (db: Database) => Database;
  /** Problems of the database itself that are seen at once: a log that grows, a transaction that holds cleaning up. */
  readonly check: (db: Database) => Promise<readonly DatabaseProblem[]>;
  /** Damage, for which every page is read. */
  readonly checkPages: () => readonly DatabaseProblem[];
  /** Runs reads that all see the database as it was at one moment, while others go on writing. */
  readonly snapshot: <T>(db: Database, work: (snapshot: Tx) => Promise<T>) => Promise<T>;
  /** Writes the whole database, as of one moment, into a new SQLite file; absent where rows must be carried over one by one. */
  readonly exportFile?: (path: string) => void;
  /** Lets a table that numbers itself go on above `last`. */
  readonly continueNumbers: (db: Database | Tx, table: keyof Tables, last: number) => Promise<void>;
  /** Tells listeners that something became ready; a hint, never the truth. */
  readonly notify: (db: Database) => Promise<void>;
  readonly close: () => Promise<void>;
}
