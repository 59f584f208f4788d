import type { Store } from "#operations/ports/store.ts";
import { createStore, type CreateStoreOptions } from "./create-store.ts";

export interface OpenStoreOptions extends Omit<CreateStoreOptions, "db" | "dialect" | "place"> {
  /** A path (SQLite) or `postgres://…`. */
  readonly place: string;
  /** Make the workspace when there is none. */
  readonly create?: boolean;
  readonly poolSize?: number;
  readonly synchronous?: "full" | "normal";
  readonly clockOffsetMs?: () => number;
}

/** Opens a workspace by its place. The one function that chooses a database. */
export async function openStore({
  place,
  create = false,
  poolSize,
  synchronous,
  clockOffsetMs,
  ...rest
}: OpenStoreOptions): Promise<Store> {
  const clock = clockOffsetMs === undefined ? {} : { clockOffsetMs };
  if (/^postgres(ql)?:\/\//.test(place)) {
    const { openPostgres } = await import("./postgres/open-postgres.ts");
    const opened = await openPostgres({
      url: place,
      create,
      ...clock,
      ...(poolSize === undefined ? {} : { poolSize }),
    });
    return createStore({ ...rest, ...opened, place: place.replace(/\/\/([^:@/]+):[^@/]*@/, "//$1@") });
  }
  const { openSqlite } = await import("./sqlite/open-sqlite.ts");
  const opened = openSqlite({
    path: place,
    create,
    ...clock,
    ...(synchronous === undefined ? {} : { synchronous }),
  });
  return createStore({ ...rest, ...opened, place });
}
