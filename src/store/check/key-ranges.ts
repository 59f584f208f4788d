import { sql } from "kysely";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import type { Tables } from "#store/schema.ts";

/** Ids looked at in one statement: a second's work on either database, whatever the workspace holds. */
const RANGE = 20_000;

/** Findings kept of one kind; a damaged workspace would print for ever. */
export const MOST = 100;

export interface KeyRange {
  readonly from: number;
  /** Included. */
  readonly to: number;
}

/** All ids of a table, a range at a time. */
export async function* keyRanges(
  core: Core,
  db: Database,
  name: Extract<keyof Tables, "item" | "candidate" | "event">,
): AsyncGenerator<KeyRange> {
  const { rows } = await sql<{
    last: number | null;
  }>`select max(id) as last from ${core.dialect.table(name)}`.execute(db);
  const last = Number(rows[0]?.last ?? 0);
  for (let from = 1; from <= last; from += RANGE) yield { from, to: from + RANGE - 1 };
}

/** What `look` finds in each range, `MOST` at most. */
export async function findInRanges<T>(
  ranges: AsyncGenerator<KeyRange>,
  look: (range: KeyRange) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const range of ranges) {
    found.push(...(await look(range)));
    if (found.length >= MOST) break;
  }
  return found.slice(0, MOST);
}
