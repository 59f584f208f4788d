import type { Core } from "./core.ts";
import type { Database } from "./dialect.ts";

/**
 * Reads once and answers the same until anything in the database has changed, where the database can tell that for less than a read.
 * For what every call asks for and hardly any changes.
 */
export function memoizeRead<A, T>(
  core: Core,
  read: (db: Database, asked: A) => Promise<T>,
): (asked: A) => Promise<T> {
  const known = new Map<A, T>();
  let knownAt: string | undefined;
  return (asked) =>
    core.read(async (db) => {
      const before = core.dialect.state();
      if (before === undefined) return await read(db, asked);
      if (before !== knownAt) known.clear();
      knownAt = before;
      const found = known.get(asked);
      if (found !== undefined) return found;
      const value = await read(db, asked);
      // What was read while something changed may be of before or of after.
      if (knownAt === before && core.dialect.state() === before) known.set(asked, value);
      return value;
    });
}
