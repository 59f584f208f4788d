import { Database } from "bun:sqlite";
import pg from "pg";

/** Runs one statement on a workspace behind the store's back, as a person with a database shell would. */
export async function rawSql(place: string, statement: string): Promise<void> {
  if (place.startsWith("postgres"))
    return withClient(place, async (client) => void (await client.query(statement)));
  using file = new Database(place);
  file.run("pragma foreign_keys = on");
  file.run("pragma busy_timeout = 5000");
  file.run(statement);
}

/**
 * Does something while another session of PostgreSQL has run a statement in a transaction that stays open.
 * @param work is given how many sessions wait for that one, or for one that waits for it
 */
export async function whileLocked(
  place: string,
  statement: string,
  work: (waiting: () => Promise<number>) => Promise<void>,
): Promise<void> {
  await withClient(place, async (client) => {
    await client.query("begin");
    await client.query(statement);
    await work(async () => (await client.query(WAITING)).rows.length);
    await client.query("rollback");
  });
}

const WAITING = `with recursive held(pid) as (
    select pg_backend_pid() union select l.pid from pg_locks l join held on held.pid = any(pg_blocking_pids(l.pid)) where not l.granted)
  select pid from held where pid <> pg_backend_pid()`;

/** A session of PostgreSQL with the workspace's schema as search path. */
export async function withClient<T>(place: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const [address = "", query = ""] = place.split("?", 2);
  const parameters = new URLSearchParams(query);
  const schema = parameters.get("schema") ?? "sluice";
  parameters.delete("schema");
  const client = new pg.Client({ connectionString: `${address}?${parameters.toString()}` });
  await client.connect();
  try {
    await client.query(`set search_path to "${schema}"`);
    return await work(client);
  } finally {
    await client.end();
  }
}
