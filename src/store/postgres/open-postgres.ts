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
  readonly clockOffsetMs?: () => number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A statement of the store takes milliseconds; one that takes this long is stuck. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** A named statement keeps its plan: planning the hot paths anew for their values took more than half of the server's time. */
const KEEP_PLANS = "-c plan_cache_mode=force_generic_plan";
const INT8 = 20;

pg.types.setTypeParser(INT8, Number);

export async function openPostgres(
  options: OpenPostgresOptions,
): Promise<{ db: Database; dialect: StoreDialect }> {
  const { connectionString, schema, prepare } = readUrl(options.url);
  const pool = new pg.Pool({
    connectionString,
    max: options.poolSize ?? 4,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: "sluice",
    ...(prepare ? { options: KEEP_PLANS } : {}),
  });
  pool.on("error", () => {}); // an idle connection that the server ends is replaced on next use
  try {
    await migratePostgres(pool, schema, options.create);
  } catch (error) {
    await pool.end();
    throw explain(error, schema);
  }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }).withSchema(schema);
  const send = statementRunner(pool, prepare);
  const clockOffsetMs = options.clockOffsetMs ?? (() => 0);
  return { db, dialect: postgresDialect({ pool, schema, send, clockOffsetMs }) };
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
  return new SluiceError("unavailable", `The PostgreSQL server ${refused}`, {
    hint: "Check the address, the user and the password of --workspace, and that the server runs",
    details: { schema, ...(code === "" ? {} : { code }) },
    cause: error,
  });
}
