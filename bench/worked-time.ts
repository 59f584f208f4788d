import { Database } from "bun:sqlite";
import pg from "pg";

/** An agent works for minutes on what it claimed. What takes less than a second is not counted, and such a finish writes less. */
const WORKED_MS = 120_000;

/** Lets time pass for agents at work, outside of what is measured. */
export interface WorkedTime {
  /** Makes a lease so old as if its holder had worked since. */
  readonly pass: (lease: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function workedTime(place: string): Promise<WorkedTime> {
  const olderSql = (item: string) =>
    `update ${item} set lease_acquired_at = lease_acquired_at - ${WORKED_MS} where lease_id = $1`;
  if (!place.startsWith("postgres")) {
    const file = new Database(place);
    file.run("pragma busy_timeout = 10000");
    file.run("pragma synchronous = off");
    const older = file.prepare(olderSql("item"));
    return { pass: async (lease) => void older.run(lease), close: async () => file.close() };
  }
  const pool = new pg.Pool({ connectionString: place.replace(/[?&]schema=.*$/, "") });
  const older = olderSql(`"${new URLSearchParams(place.split("?")[1]).get("schema")}".item`);
  return { pass: async (lease) => void (await pool.query(older, [lease])), close: () => pool.end() };
}
