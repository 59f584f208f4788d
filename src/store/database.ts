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
  /** Ends a select whose rows of a table, named by its alias, will be changed in this transaction, so that others wait. */
  readonly forUpdate: (alias: string) => string;
  /** The same, for a pick: rows that another transaction has locked are passed over. */
  readonly skipLocked: (alias: string) => string;
  /** A condition: a value is in a list, which is a value of the statement. */
  readonly isIn: (value: string, list: string) => string;
  /** A condition: a list, which is a value of the statement, has each of these words; they are joined by commas, and not none. */
  readonly holdsAll: (list: string, words: string) => string;
  /** An aggregate: the texts of all rows, a line each. */
  readonly lines: (text: string) => string;
}

type Text = (names: SqlNames) => string;

/**
 * Answers what a text is with this database's names, put together once as long as the clock is not shifted anew.
 * @param form what the database makes of a text
 */
export function namedTexts(
  names: () => SqlNames,
  clockOffsetMs: () => number,
  form = (text: string) => text,
): (text: Text) => string {
  let known = new WeakMap<Text, string>();
  let offsetMs = clockOffsetMs();
  return (text) => {
    if (offsetMs !== clockOffsetMs()) known = new WeakMap();
    offsetMs = clockOffsetMs();
    const named = known.get(text) ?? form(text(names()));
    known.set(text, named);
    return named;
  };
}
