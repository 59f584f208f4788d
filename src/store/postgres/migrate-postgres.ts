import type { Pool, PoolClient } from "pg";
import { SluiceError } from "#domain/errors.ts";
import { BASE } from "./0001-base.sql.ts";
import { TALLY } from "./0002-tally.sql.ts";
import { IMPORTED_FILE } from "./0003-imported-file.sql.ts";
import { LEAN_CHECKS } from "./0004-lean-checks.sql.ts";
import { CLAIM } from "./0005-claim.sql.ts";
import { COMMIT_REVERT } from "./0006-commit-revert.sql.ts";
import { TOTAL } from "./0007-totals.sql.ts";

/** Migrations in order; the number of one is its place, starting at 1. */
const MIGRATIONS: readonly string[] = [BASE, TALLY, IMPORTED_FILE, LEAN_CHECKS, CLAIM, COMMIT_REVERT, TOTAL];

/** Brings a schema to this program's version, one opener at a time. */
export async function migratePostgres(pool: Pool, schema: string, create: boolean): Promise<void> {
  const found = await versionOf(pool, schema);
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
  if (found === MIGRATIONS.length) return;
  const client = await pool.connect();
  try {
    await migrate(client, schema);
  } finally {
    client.release();
  }
}

async function versionOf(pool: Pool | PoolClient, schema: string): Promise<number | undefined> {
  const { rows } = await pool.query<{ there: boolean }>("select to_regclass($1) is not null as there", [
    `"${schema}".migration`,
  ]);
  if (rows[0]?.there !== true) return undefined;
  const version = await pool.query<{ number: number | null }>(
    `select max(number) as number from "${schema}".migration`,
  );
  return Number(version.rows[0]?.number ?? 0);
}

async function migrate(client: PoolClient, schema: string): Promise<void> {
  await client.query("begin");
  try {
    await client.query("select pg_advisory_xact_lock(hashtextextended($1, 1))", [schema]);
    await client.query(`create schema if not exists "${schema}"`);
    await client.query(`set local search_path to "${schema}"`);
    await client.query(
      "create table if not exists migration (number bigint primary key, at timestamptz not null default now())",
    );
    for (let number = (await versionOf(client, schema)) ?? 0; number < MIGRATIONS.length; number += 1) {
      await client.query(MIGRATIONS[number] ?? "");
      await client.query("insert into migration(number) values ($1)", [number + 1]);
    }
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
