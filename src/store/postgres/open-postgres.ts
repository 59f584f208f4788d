import pg from "pg";
import { SluiceError } from "#domain/errors.ts";
import type { Database, StoreDialect } from "#store/dialect.ts";
import { claimFunction } from "./claim-function.ts";
import { createPool, queriesOver } from "./connections.ts";
import { migratePostgres } from "./migrate-postgres.ts";
import { postgresDialect } from "./postgres-dialect.ts";

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
  /** A statement that takes longer, or a transaction idle for as long, is given up; default 60 s. Milliseconds. */
  readonly statementTimeoutMs?: number;
  readonly clockOffsetMs?: () => number;
}

/** A statement of the store takes milliseconds; one that takes this long is stuck. */
const STATEMENT_TIMEOUT_MS = 60_000;
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
  const claims = claimFunction(schema);
  try {
    await migratePostgres(pool, schema, claims, options.create);
  } catch (error) {
    await pool.end();
    throw explain(error, schema);
  }
  const reservedPool = poolOf(RESERVED_POOL_SIZE);
  const { db, send } = queriesOver(pool, schema, prepare);
  const dialect = postgresDialect({
    pools: [pool, reservedPool],
    schema,
    claimFunction: claims,
    clockOffsetMs: options.clockOffsetMs ?? (() => 0),
    send,
    reserved: queriesOver(reservedPool, schema, prepare).db,
  });
  return { db, dialect };
}

function readUrl(url: string): { connectionString: string; schema: string; prepare: boolean } {
  const [base = url, query = ""] = url.split("?", 2);
  const parameters = new URLSearchParams(query);
  const schema = parameters.get("schema") ?? "sluice";
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new SluiceError(
      "invalid",
      `schema is ${JSON.stringify(schema)}, expected a lower-case name of at most 63 letters, digits and _`,
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
