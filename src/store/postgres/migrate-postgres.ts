import type { Pool, PoolClient } from "pg";
import { SluiceError } from "#domain/errors.ts";
import type { ClaimFunction } from "./claim-function.ts";
import { BASE } from "./0001-base.sql.ts";
import { TALLY } from "./0002-tally.sql.ts";
import { IMPORTED_FILE } from "./0003-imported-file.sql.ts";
import { LEAN_CHECKS } from "./0004-lean-checks.sql.ts";
import { CLAIM } from "./0005-claim.sql.ts";
import { COMMIT_REVERT } from "./0006-commit-revert.sql.ts";
import { TOTAL } from "./0007-totals.sql.ts";
import { CLAIM_BY_NAME } from "./0008-claim-by-name.sql.ts";
import { CHECK_BEGAN } from "./0009-check-began.sql.ts";
import { SWEEP } from "./0010-sweep.sql.ts";
import { RUN_ISOLATION } from "./0011-run-isolation.sql.ts";

/** Migrations in order; the number of one is its place, starting at 1. */
const MIGRATIONS: readonly string[] = [
  BASE,
  TALLY,
  IMPORTED_FILE,
  LEAN_CHECKS,
  CLAIM,
  COMMIT_REVERT,
  TOTAL,
  CLAIM_BY_NAME,
  CHECK_BEGAN,
  SWEEP,
  RUN_ISOLATION,
];

/** Brings a schema to this program's version, and makes its function of a claim where it is missing, one opener at a time. */
export async function migratePostgres(
  pool: Pool,
  schema: string,
  claims: ClaimFunction,
  create: boolean,
): Promise<void> {
  const { version: found, hasFunction } = await stateOf(pool, schema, claims);
  if (found === undefined && !create)
    throw new SluiceError("not_found", `There is no workspace in schema ${schema} of this database`, {
      hint: "Make one with: sluice init",
    });
  if ((found ?? 0) > MIGRATIONS.length)
    throw new SluiceError(
      "invalid",
      `The workspace was written by a newer Sluice (schema ${found}, this program knows ${MIGRATIONS.length})`,
      {
        hint: "Update this program; nothing was changed",
        details: { schema: found, known: MIGRATIONS.length },
      },
    );
  if (found === MIGRATIONS.length && hasFunction) return;
  const client = await pool.connect();
  try {
    await migrate(client, schema, claims);
  } finally {
    client.release();
  }
}

interface State {
  readonly version: number | undefined;
  readonly hasFunction: boolean;
}

async function stateOf(pool: Pool | PoolClient, schema: string, { name }: ClaimFunction): Promise<State> {
  const { rows } = await pool.query<{ there: boolean; has: boolean }>(
    "select to_regclass($1) is not null as there, to_regproc($2) is not null as has",
    [`"${schema}".migration`, name],
  );
  const [{ there, has } = { there: false, has: false }] = rows;
  if (!there) return { version: undefined, hasFunction: has };
  const version = await pool.query<{ number: number | null }>(
    `select max(number) as number from "${schema}".migration`,
  );
  return { version: Number(version.rows[0]?.number ?? 0), hasFunction: has };
}

async function migrate(client: PoolClient, schema: string, claims: ClaimFunction): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock(hashtextextended($1, 1))", [schema]);
    await client.query(`create schema if not exists "${schema}"`);
    await client.query(`set local search_path to "${schema}"`);
    await client.query(
      "create table if not exists migration (number bigint primary key, at timestamptz not null default now())",
    );
    const { version = 0 } = await stateOf(client, schema, claims);
    for (let number = version; number < MIGRATIONS.length; number += 1) {
      await client.query(MIGRATIONS[number] ?? "");
      await client.query("insert into migration(number) values ($1)", [number + 1]);
    }
    await client.query(claims.create);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
