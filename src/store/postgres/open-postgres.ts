import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { SluiceError } from "#domain/errors.ts";
import type { Database, StoreDialect } from "#store/dialect.ts";
import type { Tables } from "#store/schema.ts";
import { migratePostgres } from "./migrate-postgres.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { statementRunner } from "./run-statement.ts";

export interface OpenPostgresOptions {
  /**
   * `postgres://…`; a `schema` parameter names the workspace's schema, `sluice` by default; `prepare=off` is for a pooler that does not
   * keep prepared statements.
   */
  readonly url: string;
  /** Make the schema when there is none; otherwise a missing one is `not_found`. */
  readonly create: boolean;
  /** Connections of this process at most; default 4, which saturates two processors. */
  readonly poolSize?: number;
  /** A statement that takes longer is given up, on the server and here; default 60 s. Milliseconds. */
  readonly statementTimeoutMs?: number;
  readonly clockOffsetMs?: () => number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A statement of the store takes milliseconds; one that takes this long is stuck. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** A named statement keeps its plan: planning the hot paths anew for their values took more than half of the server's time. */
const KEEP_PLANS = "-c plan_cache_mode=force_generic_plan";
/** How much later than the server this side gives a statement up: only a connection that is dead without a word lets it come to that. */
const ANSWER_GRACE_MS = 2_000;
/** Waiting for a row or key that another transaction holds; then tried again, until the store's patience ends. */
const LOCK_TIMEOUT_MS = 5_000;
/** Connections that only heartbeats use, so that no number of long calls makes a lease expire. */
const RESERVED_POOL_SIZE = 1;
const INT8 = 20;

pg.types.setTypeParser(INT8, Number);

export async function openPostgres(
  options: OpenPostgresOptions,
): Promise<{ db: Database; dialect: StoreDialect }> {
  const { connectionString, schema, prepare } = readUrl(options.url);
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const poolOf = (max: number) =>
    createPool({ connectionString, max, statementTimeoutMs, ownSession: prepare });
  const pool = poolOf(options.poolSize ?? 4);
  try {
    await migratePostgres(pool, schema, options.create);
  } catch (error) {
    await pool.end();
    throw explain(error, schema);
  }
  const reservedPool = poolOf(RESERVED_POOL_SIZE);
  const open = (own: pg.Pool): Database =>
    new Kysely<Tables>({ dialect: new PostgresDialect({ pool: own }) }).withSchema(schema);
  const dialect = postgresDialect({
    pools: [pool, reservedPool],
    schema,
    send: statementRunner(pool, prepare),
    clockOffsetMs: options.clockOffsetMs ?? (() => 0),
    reserved: open(reservedPool),
  });
  return { db: open(pool), dialect };
}

interface PoolSettings {
  readonly connectionString: string;
  readonly max: number;
  readonly statementTimeoutMs: number;
  /** Whether a connection is a session of our own; a pooler refuses settings of sessions, which are not ours there. */
  readonly ownSession: boolean;
}

function createPool({ connectionString, max, statementTimeoutMs, ownSession }: PoolSettings): pg.Pool {
  const session = {
    statement_timeout: statementTimeoutMs,
    lock_timeout: LOCK_TIMEOUT_MS,
    options: KEEP_PLANS,
  };
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    keepAlive: true,
    application_name: "sluice",
    ...(ownSession ? session : {}),
  });
  pool.on("error", () => {}); // an idle connection that the server ends is replaced on next use
  // Cut off between two statements of a transaction: the next statement fails, and the program must live to see it.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("release", (_error, client) => discardUnanswered(client));
  return pool;
}

/** A connection whose last answer has not come is not used again: that answer would be taken for the next statement's. */
function discardUnanswered(client: pg.PoolClient): void {
  if ("readyForQuery" in client && client.readyForQuery === false) void client.end().catch(() => {});
}

function readUrl(url: string): { connectionString: string; schema: string; prepare: boolean } {
  const [base = url, query = ""] = url.split("?", 2);
  const parameters = new URLSearchParams(query);
  const schema = parameters.get("schema") ?? "sluice";
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new SluiceError(
      "invalid",
      `schema is ${JSON.stringify(schema)}, accepted is a lower-case name of at most 63 letters, digits and _`,
    );
  const prepare = parameters.get("prepare") !== "off";
  parameters.delete("schema");
  parameters.delete("prepare");
  // What the driver takes these modes for; it writes a warning to standard error where it has to guess.
  const isGuessed = ["prefer", "require", "verify-ca"].includes(parameters.get("sslmode") ?? "");
  if (isGuessed && !parameters.has("uselibpqcompat")) parameters.set("sslmode", "verify-full");
  const rest = parameters.toString();
  return { connectionString: rest === "" ? base : `${base}?${rest}`, schema, prepare };
}

function explain(error: unknown, schema: string): unknown {
  if (error instanceof SluiceError || !(error instanceof Error)) return error;
  const code = "code" in error ? String(error.code) : "";
  const refused = code.startsWith("28")
    ? "refused the user or password"
    : code === "42501"
      ? "refused the right to do this"
      : "cannot be reached";
  if (code === "3D000")
    return new SluiceError("unavailable", "The PostgreSQL server has no database of that name", {
      hint: "Make it with: createdb NAME, or name another one in --workspace",
      details: { schema, code },
      cause: error,
    });
  return new SluiceError("unavailable", `The PostgreSQL server ${refused}`, {
    hint: "Check the address, the user and the password of --workspace, and that the server runs",
    details: { schema, ...(code === "" ? {} : { code }) },
    cause: error,
  });
}
