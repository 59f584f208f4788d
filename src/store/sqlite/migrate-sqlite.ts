import type { Database as SqliteFile } from "bun:sqlite";
import { existsSync, renameSync, rmSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import { createPrivately } from "./file-place.ts";
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

/** Number of this program's schema. */
export const SCHEMA = MIGRATIONS.length;

/** Marks a file as a Sluice workspace: "SLCE" in ASCII. */
const APPLICATION_ID = 0x534c4345;

const pragma = (file: SqliteFile, name: string): number =>
  Number(file.query(`pragma ${name}`).values()[0]?.[0]);

/** Brings a file to this program's schema, under its write lock, so that two first openers are safe. */
export function migrateSqlite(file: SqliteFile, path: string): void {
  if (pragma(file, "user_version") === MIGRATIONS.length) return;
  backUpFirst(file, path);
  beginImmediate(file);
  try {
    for (let number = pragma(file, "user_version"); number < MIGRATIONS.length; number += 1) {
      file.exec(MIGRATIONS[number] ?? "");
      file.run(`pragma user_version = ${number + 1}`);
    }
    file.run(`pragma application_id = ${APPLICATION_ID}`);
    file.run("commit");
  } catch (error) {
    if (file.inTransaction) file.run("rollback");
    throw error;
  }
}

/**
 * Refuses with `invalid` a file that another program made, and with `unavailable` one of a newer Sluice. Only reads: nothing may be set
 * on a file before it is known to be ours. Answers its schema.
 */
export function refuseForeign(file: SqliteFile, path: string, create: boolean): number {
  const version = pragma(file, "user_version");
  const ours = pragma(file, "application_id") === APPLICATION_ID;
  const empty = Number(file.query("select count(*) from sqlite_master").values()[0]?.[0]) === 0;
  if (!ours && !(empty && create))
    throw new SluiceError("invalid", `${path} is not a Sluice workspace`, {
      hint: "Name the file that sluice init made",
      details: { workspace: path },
    });
  if (version > MIGRATIONS.length) throw newer(path, version);
  return version;
}

function newer(path: string, version: number): SluiceError {
  return new SluiceError(
    "invalid",
    `${path} was written by a newer Sluice (schema ${version}, this program knows ${MIGRATIONS.length})`,
    {
      hint: "Update this program; nothing was changed",
      details: { workspace: path, schema: version, known: MIGRATIONS.length },
    },
  );
}

/** Refuses to write once a newer program has brought the open file to its own schema. For use inside a write transaction. */
export function schemaFence(file: SqliteFile, path: string): () => void {
  const version = file.query<{ user_version: number }, []>("pragma user_version");
  return () => {
    const found = version.get()?.user_version ?? 0;
    if (found > MIGRATIONS.length) throw newer(path, found);
  };
}

function backUpFirst(file: SqliteFile, path: string): void {
  const version = pragma(file, "user_version");
  const copy = `${path}.before-schema-${version + 1}`;
  if (version === 0 || existsSync(copy)) return;
  const part = `${copy}.${process.pid}.part`;
  rmSync(part, { force: true });
  createPrivately(part);
  file.query("vacuum into ?").run(part);
  renameSync(part, copy);
}

function beginImmediate(file: SqliteFile): void {
  for (let left = 5_000; ; left -= 1) {
    try {
      file.run("begin immediate");
      return;
    } catch (error) {
      if (left === 0) throw error;
      Bun.sleepSync(1);
    }
  }
}
