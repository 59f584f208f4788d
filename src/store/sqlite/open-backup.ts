import { Database as SqliteFile } from "bun:sqlite";
import { existsSync } from "node:fs";
import { Kysely } from "kysely";
import { SluiceError } from "#domain/errors.ts";
import type { Database, StoreDialect } from "#store/dialect.ts";
import type { Tables } from "#store/schema.ts";
import { BunSqliteDialect, StatementFile } from "./immediate-driver.ts";
import { explain } from "./file-place.ts";
import { refuseForeign, SCHEMA } from "./migrate-sqlite.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";

/** Opens a backup for reading: nothing about the file changes. Refuses what is no backup of this program's schema. */
export function openBackupFile(path: string): { db: Database; dialect: StoreDialect } {
  if (!existsSync(path))
    throw new SluiceError("not_found", `There is no backup at ${path}`, { details: { path } });
  const statements = new StatementFile(open(path));
  return {
    db: new Kysely<Tables>({ dialect: new BunSqliteDialect(statements) }),
    dialect: sqliteDialect(statements, () => 0),
  };
}

function open(path: string): SqliteFile {
  let file: SqliteFile | undefined;
  try {
    file = new SqliteFile(path, { readonly: true, strict: true });
    const version = refuseForeign(file, path, false);
    if (version === SCHEMA) return file;
    throw new SluiceError("invalid", `${path} was written by an older Sluice (schema ${version})`, {
      hint: "Bring a copy of it up to date with: sluice doctor -w COPY, and restore that one",
      details: { path, schema: version, known: SCHEMA },
    });
  } catch (error) {
    file?.close();
    throw explain(error, path);
  }
}
