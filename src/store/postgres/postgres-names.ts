import type { SqlNames } from "#store/database.ts";

/** @param now expression of the database's time, epoch milliseconds */
export const postgresNames = (schema: string, now: string): SqlNames => ({
  t: (name) => `"${schema}".${name}`,
  now,
  p: (n) => `$${n}`,
  forUpdate: (alias) => `for update of ${alias}`,
  skipLocked: (alias) => `for update of ${alias} skip locked`,
  lines: (text) => `string_agg(${text}, chr(10))`,
  isIn: (value, list) => `${value} = any(${list})`,
  holdsAll: (list, words) => `string_to_array(${words}, ',') <@ ${list}`,
});

/** Waits for and holds, until the transaction ends, the right to change what a key names, which begins with the schema; an expression. */
export const lockKey = (key: string): string => `pg_advisory_xact_lock(hashtextextended(${key}, 0))`;
