import { Database as SqliteFile } from "bun:sqlite";
import { existsSync, statSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { Kysely } from "kysely";
import { SluiceError } from "#domain/errors.ts";
import type { Database, StoreDialect } from "#store/dialect.ts";
import type { Tables } from "#store/schema.ts";
import { createPrivately, explain, fileGuard, isNetworkFileSystem, requireSafeSqlite } from "./file-place.ts";
import { BunSqliteDialect, StatementFile } from "./immediate-driver.ts";
import { migrateSqlite, refuseForeign, schemaFence } from "./migrate-sqlite.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";

export interface OpenSqliteOptions {
  /** Absolute path of the workspace file. */
  readonly path: string;
  /** Make the file when there is none; otherwise a missing file is `not_found`. */
  readonly create: boolean;
  /** `full` (default) loses no acknowledged write on a power cut; `normal` may lose the last ones and is faster. */
  readonly synchronous?: "full" | "normal";
  /** Added to the clock; tests shift time with it. Milliseconds. */
  readonly clockOffsetMs?: () => number;
  /** Open a file on a network file system all the same. */
  readonly allowNetwork?: boolean;
}

/** One wait of at most 1 ms inside SQLite; the rest is the store's own flat retry. */
const BUSY_TIMEOUT_MS = 1;
/** The write-ahead log is cut to this after a checkpoint. */
const JOURNAL_LIMIT_BYTES = 64 * 1_048_576;

export function openSqlite(options: OpenSqliteOptions): { db: Database; dialect: StoreDialect } {
  checkPlace(options);
  const file = openFile(options);
  let requireSameFile: () => void;
  try {
    requireSameFile = fileGuard(options.path);
    retryBusy(() => {
      requireSafeSqlite(String(file.query("select sqlite_version()").values()[0]?.[0]));
      refuseForeign(file, options.path, options.create);
      applyPragmas(file, options.synchronous ?? "full");
      migrateSqlite(file, options.path);
    });
  } catch (error) {
    file.close();
    throw explain(error, options.path);
  }
  const guards = {
    beforeUse: requireSameFile,
    inWrite: schemaFence(file, options.path),
    afterWrite: logLimit(file, options.path),
  };
  const statements = new StatementFile(file, guards);
  const db = new Kysely<Tables>({ dialect: new BunSqliteDialect(statements) });
  return { db, dialect: sqliteDialect(statements, options.clockOffsetMs ?? (() => 0)) };
}

function checkPlace({ path, create, allowNetwork }: OpenSqliteOptions): void {
  if (!create && !existsSync(path))
    throw new SluiceError("not_found", `There is no workspace at ${path}`, {
      hint: "Check the path given with --workspace, or make one there with: sluice init",
      details: { workspace: path },
    });
  const folder = dirname(path);
  if (!existsSync(folder))
    throw new SluiceError("not_found", `There is no folder ${folder}`, { details: { workspace: path } });
  if (allowNetwork !== true && isNetworkFileSystem(statfsSync(folder).type))
    throw new SluiceError("invalid", `${path} is on a network file system, where SQLite loses writes`, {
      hint: "Put the workspace on a local disk, or share one through PostgreSQL: sluice init -w postgres://…",
    });
}

function openFile({ path, create }: OpenSqliteOptions): SqliteFile {
  try {
    if (create && !existsSync(path)) createPrivately(path);
    return new SqliteFile(path, { create, readwrite: true, strict: true });
  } catch (error) {
    throw explain(error, path);
  }
}

function applyPragmas(file: SqliteFile, synchronous: "full" | "normal"): void {
  const wanted = {
    busy_timeout: BUSY_TIMEOUT_MS,
    journal_mode: "wal",
    synchronous: synchronous === "full" ? 2 : 1,
    foreign_keys: 1,
  };
  for (const [name, value] of Object.entries(wanted)) {
    const inForce = () => file.query(`pragma ${name}`).values()[0]?.[0];
    if (inForce() !== value) file.run(`pragma ${name} = ${value}`);
    if (inForce() !== value) throw new SluiceError("unavailable", `SQLite did not take ${name} = ${value}`);
  }
  file.run(`pragma journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
}

/**
 * Empties the write-ahead log once it has grown past its limit. SQLite's own checkpoint lets others read and write on, so that beside
 * enough of them there is never a moment in which the log can begin anew. A try waits as briefly as any write, and the next write is
 * the next try.
 */
function logLimit(file: SqliteFile, path: string): () => void {
  const log = `${path}-wal`;
  return () => {
    const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    if (size > JOURNAL_LIMIT_BYTES) file.query("pragma wal_checkpoint(truncate)").all();
  };
}

/**
 * Tries again for at most five seconds, whichever step it was: two first openers meet while the journal mode changes, and the last
 * one to close a file, or the first after a crash, has it alone for a moment.
 */
function retryBusy(run: () => void): void {
  for (let left = 2_500; ; left -= 1) {
    try {
      run();
      return;
    } catch (error) {
      const busy = error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
      if (!busy || left === 0) throw error;
      Bun.sleepSync(2);
    }
  }
}
