import type { Kysely, Transaction } from "kysely";
import type { Tables } from "./schema.ts";

export type Database = Kysely<Tables>;
export type Tx = Transaction<Tables>;

/** How statements that are the same text on both databases name what differs. */
export interface SqlNames {
  /** Full name of a table. */
  readonly t: (table: string) => string;
  /** Expression of the database's time, epoch milliseconds. */
  readonly now: string;
  /** Place of the n-th value, from 1. */
  readonly p: (n: number) => string;
  /** An aggregate: the texts of all rows, a line each. */
  readonly lines: (text: string) => string;
}
