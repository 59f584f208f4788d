import { SluiceError } from "#domain/errors.ts";
import type { Caller } from "#domain/caller.ts";
import type { Store } from "#operations/ports/store.ts";
import { coreOf, createStore, type CreateStoreOptions } from "./create-store.ts";
import type { Database, StoreDialect } from "./dialect.ts";
import type { CopiedRows } from "./copy/copy-workspace.ts";

export interface OpenStoreOptions extends Omit<CreateStoreOptions, "db" | "dialect" | "place"> {
  /** A path (SQLite) or `postgres://…`. */
  readonly place: string;
  /** Make the workspace when there is none. */
  readonly create?: boolean;
  readonly poolSize?: number;
  /** PostgreSQL: how long a statement may take; default 60 s. Milliseconds. */
  readonly statementTimeoutMs?: number;
  readonly synchronous?: "full" | "normal";
  readonly clockOffsetMs?: () => number;
}

/** Opens a workspace by its place. */
export async function openStore({
  place,
  create,
  poolSize,
  statementTimeoutMs,
  synchronous,
  clockOffsetMs,
  ...rest
}: OpenStoreOptions): Promise<Store> {
  const shown = place.replace(/\/\/([^:@/]+):[^@/]*@/, "//$1@");
  const database = await openDatabase({
    place,
    ...(create === undefined ? {} : { create }),
    ...(poolSize === undefined ? {} : { poolSize }),
    ...(statementTimeoutMs === undefined ? {} : { statementTimeoutMs }),
    ...(synchronous === undefined ? {} : { synchronous }),
    ...(clockOffsetMs === undefined ? {} : { clockOffsetMs }),
  });
  return createStore({ ...rest, ...database, place: shown });
}

/** The one function that chooses a database. */
export async function openDatabase({
  place,
  create = false,
  ...options
}: OpenStoreOptions): Promise<{ db: Database; dialect: StoreDialect }> {
  if (/^postgres(ql)?:\/\//.test(place)) {
    const { openPostgres } = await import("./postgres/open-postgres.ts");
    return openPostgres({ url: place, create, ...options });
  }
  if (/^https?:\/\//.test(place))
    throw new SluiceError("invalid", `${place} is a server; this needs the database itself`, {
      hint: "Run it where the server runs, on the file or the postgres://… address it serves",
      details: { field: "workspace", value: place },
    });
  const { openSqlite } = await import("./sqlite/open-sqlite.ts");
  return openSqlite({ path: place, create, ...options });
}

export interface CopyPlaces {
  readonly by: Caller;
  readonly from: string;
  /** Made where there is nothing yet. */
  readonly to: string;
  readonly onProgress: (table: string, rows: number) => void;
}

/** Carries a whole workspace from one place to another, of either database. Answers the proof, table by table. */
export async function copyPlaces({ by, from, to, onProgress }: CopyPlaces): Promise<readonly CopiedRows[]> {
  const { copyWorkspace } = await import("./copy/copy-workspace.ts");
  const source = await openDatabase({ place: from });
  try {
    const target = await openDatabase({ place: to, create: true });
    try {
      return await copyWorkspace({ by, from: coreOf(source), to: coreOf(target), onProgress });
    } finally {
      await target.db.destroy();
      await target.dialect.close();
    }
  } finally {
    await source.db.destroy();
    await source.dialect.close();
  }
}
