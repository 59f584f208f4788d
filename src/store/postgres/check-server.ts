import { sql } from "kysely";
import type { Database, DatabaseProblem } from "#store/dialect.ts";

/** A transaction older than this keeps the server from removing dead rows, and each claim walks over them. Seconds. */
const OLD_SNAPSHOT_S = 300;
/** Dead rows from which on claims were measured to get slower. */
const MANY_DEAD_ROWS = 50_000;

interface OldSession {
  readonly pid: number;
  readonly seconds: number;
  readonly state: string | null;
}

/** What of a server makes a queue slow: a transaction that pins old rows, and rows that were never cleaned up. Reads only. */
export async function checkServer(db: Database, schema: string): Promise<readonly DatabaseProblem[]> {
  const { rows: dead } = await sql<{ name: string; dead: number }>`
    select relname as name, n_dead_tup as dead from pg_stat_user_tables
    where schemaname = ${schema} and n_dead_tup > ${MANY_DEAD_ROWS} order by n_dead_tup desc limit 5`.execute(
    db,
  );
  const { rows: old } = await sql<OldSession>`
    select pid, extract(epoch from clock_timestamp() - xact_start)::bigint as seconds, state from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and (backend_xmin is not null or backend_xid is not null)
      and xact_start < clock_timestamp() - make_interval(secs => ${dead.length > 0 ? 0 : OLD_SNAPSHOT_S})
    order by xact_start limit 5`.execute(db);
  return [
    ...old.map((session) => warning(pins(session))),
    ...dead.map(({ name, dead: count }) =>
      warning(
        `Table ${name} has ${count} dead rows, which make claims slow: let autovacuum run, or vacuum it`,
      ),
    ),
  ];
}

const warning = (message: string): DatabaseProblem => ({ severity: "warning", message });

function pins({ pid, seconds, state }: OldSession): string {
  return `Session ${pid} (${state ?? "unknown"}) has kept a transaction open for ${seconds}s, so that dead rows stay: end it`;
}
