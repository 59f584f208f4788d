import { SluiceError } from "#domain/errors.ts";
import type { Caller } from "#domain/caller.ts";
import { DEFAULT_LANES } from "#domain/lane.ts";
import type { Store } from "#operations/ports/store.ts";
import { type Asked, type Asking, refuseUnproven } from "#operations/unproven-person.ts";
import { coreOf, createStore, type CreateStoreOptions } from "./create-store.ts";
import type { Database, SqlNames, StoreDialect } from "./dialect.ts";
import type { CopiedRows } from "./copy/copy-workspace.ts";
import { readProof, readSettings } from "./project/settings.ts";
import { COPY_SETTING } from "./setting-rows.ts";

export interface OpenStoreOptions extends Omit<CreateStoreOptions, "db" | "dialect" | "place"> {
  /** A path (SQLite) or `postgres://…`. */
  readonly place: string;
  /** Make the workspace when there is none. */
  readonly create?: boolean;
  readonly poolSize?: number;
  /** PostgreSQL: how long a statement may take, or a transaction be idle; default 60 s. Milliseconds. */
  readonly statementTimeoutMs?: number;
  readonly synchronous?: "full" | "normal";
  readonly clockOffsetMs?: () => number;
}

/** A database with what it does differently, not yet a store. */
export interface OpenedDatabase {
  readonly db: Database;
  readonly dialect: StoreDialect;
}

/** Opens a workspace by its place; one that is made gets the default lanes. */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const { place, random, uid, leaseId, patienceMs } = options;
  const given = Object.fromEntries(
    Object.entries({ random, uid, leaseId, patienceMs }).filter(([, value]) => value !== undefined),
  );
  const shown = place.replace(/\/\/([^:@/]+):[^@/]*@/, "//$1@");
  const database = await openDatabase(options);
  if (options.create === true)
    await orClose(database, () => coreOf({ ...given, ...database }).read(fillLanes));
  return createStore({ ...given, ...database, place: shown });
}

/** Opens a workspace without making a store of it. Refuses, with `conflict`, one that a copy has not finished. */
export async function openDatabase(options: OpenStoreOptions): Promise<OpenedDatabase> {
  return finished(await connect(options), options.patienceMs);
}

/** Opens a backup for reading: nothing about the file changes. Refuses what is not a backup of this program's schema. */
export async function openBackup(path: string): Promise<OpenedDatabase> {
  const { openBackupFile } = await import("./sqlite/open-backup.ts");
  return finished(openBackupFile(path));
}

/** Opens what is to become a workspace: a place with nothing in it, or a copy that was stopped. */
export const openTarget = (place: string): Promise<OpenedDatabase> => connect({ place, create: true });

export async function closeDatabase({ db, dialect }: OpenedDatabase): Promise<void> {
  await db.destroy();
  await dialect.close();
}

/** The one function that chooses a database. */
async function connect({ place, create = false, ...options }: OpenStoreOptions): Promise<OpenedDatabase> {
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

const copyStateSql = ({ t }: SqlNames): string =>
  `select value from ${t("setting")} where key = '${COPY_SETTING}'`;

/** Whoever fills a place ends what was going on in it last, by the rules of any other write: no reader below this asks again. */
async function finished(database: OpenedDatabase, patienceMs?: number): Promise<OpenedDatabase> {
  await orClose(database, async () => {
    const core = coreOf({ ...database, ...(patienceMs === undefined ? {} : { patienceMs }) });
    const [row] = await core.read((db) => database.dialect.rows<{ value: string }>(db, copyStateSql, []));
    if (row?.value === "running")
      throw new SluiceError("conflict", "This workspace is the unfinished copy of another", {
        hint: "Finish it with the same: sluice copy FROM TO, or sluice restore BACKUP --to PLACE",
      });
  });
  return database;
}

async function fillLanes(db: Database): Promise<void> {
  const first = await db.selectFrom("lane").select("name").limit(1).executeTakeFirst();
  if (first !== undefined) return;
  const rows = DEFAULT_LANES.map(({ name, order, role }) => ({ name, rank: order, role }));
  await db
    .insertInto("lane")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function orClose(database: OpenedDatabase, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await closeDatabase(database);
    throw error;
  }
}

/** What a database says of the proof that its workspace asks for. */
export async function askedOf(database: OpenedDatabase): Promise<Asked> {
  const core = coreOf(database);
  const { authority } = await readSettings(core, core.db);
  return { authority, kept: () => readProof(core, core.db) };
}

interface CopyPlaces extends Pick<Asking, "proof"> {
  readonly by: Caller;
  readonly from: string;
  /** Made where there is nothing yet. */
  readonly to: string;
  readonly onProgress: (table: string, rows: number) => void;
}

/** Carries a whole workspace from one place to another, of either database. Answers the proof, table by table. */
export async function copyPlaces({
  by,
  proof,
  from,
  to,
  onProgress,
}: CopyPlaces): Promise<readonly CopiedRows[]> {
  const { copyWorkspace } = await import("./copy/copy-workspace.ts");
  const source = await openDatabase({ place: from });
  try {
    await refuseUnproven({ caller: by, proof }, await askedOf(source), "copy a workspace");
    const target = await openTarget(to);
    try {
      return await copyWorkspace({ by, from: coreOf(source), to: coreOf(target), onProgress });
    } finally {
      await closeDatabase(target);
    }
  } finally {
    await closeDatabase(source);
  }
}
