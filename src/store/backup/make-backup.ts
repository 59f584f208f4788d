import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { checkStore } from "#store/check/check-store.ts";
import { carryRows } from "#store/copy/copy-workspace.ts";
import { readRows, rowText, type Side } from "#store/copy/table-rows.ts";
import { coreOf } from "#store/create-store.ts";
import { closeDatabase, openBackup, type OpenedDatabase } from "#store/open-store.ts";
import { COPY_SETTING } from "#store/setting-rows.ts";
import { createPrivately } from "#store/sqlite/file-place.ts";
import { openSqlite } from "#store/sqlite/open-sqlite.ts";

export interface MadeBackup extends HistoryDigest {
  readonly path: string;
  readonly bytes: number;
  /** What `doctor` finds in the backup, and so in the workspace: a backup of something ill is made, and says so. */
  readonly findings: number;
}

/** Writes a backup to a new file and shows that it can be read and has the same history. Refuses with `conflict` where something is. */
export async function makeBackup(from: OpenedDatabase, path: string): Promise<MadeBackup> {
  const folder = dirname(path);
  if (!existsSync(folder))
    throw new SluiceError("not_found", `There is no folder ${folder}`, { details: { path } });
  if (existsSync(path)) throw isTaken(path);
  sweepParts(folder);
  const part = `${path}.${process.pid}.part`;
  try {
    rmSync(part, { force: true });
    createPrivately(part);
    const proof = await asOneFile(from, part, async (source) => {
      await coreOf(source).read(async () => source.dialect.exportFile?.(part));
      return await verify(source, part);
    });
    flush(part);
    // Takes the name, so that of two backups at the same time one is refused.
    if (!createPrivately(path)) throw isTaken(path);
    renameSync(part, path);
    flush(folder);
    return { path, bytes: statSync(path).size, ...proof };
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}

const isTaken = (path: string) =>
  new SluiceError("conflict", `${path} exists already`, {
    hint: "Name a new file, or a folder to keep several in",
    details: { path },
  });

/** What a backup writes before it has its name; `.rows` is in between where the workspace is on a server. */
const PART = /\.\d+\.part(\.rows)?(-wal|-shm|-journal)?$/;
/** A backup that is alive writes to its part, and reads it again, in less. */
const STALE_MS = 3_600_000;

/** Removes what killed backups left in a folder: everything of a workspace may be in it. */
function sweepParts(folder: string): void {
  for (const name of readdirSync(folder).filter((one) => PART.test(one))) {
    const part = join(folder, name);
    const facts = statSync(part, { throwIfNoEntry: false });
    if (facts !== undefined && facts.mtimeMs < Date.now() - STALE_MS) rmSync(part, { force: true });
  }
}

/** SQLite does not wait until a file it vacuums into is on the disk. */
function flush(path: string): void {
  const handle = openSync(path, "r");
  fsyncSync(handle);
  closeSync(handle);
}

/** Works with a SQLite workspace: this one, or where it is none, one that holds its rows as of one moment and goes afterwards. */
async function asOneFile<T>(
  from: OpenedDatabase,
  path: string,
  work: (source: OpenedDatabase) => Promise<T>,
): Promise<T> {
  if (from.dialect.exportFile !== undefined) return await work(from);
  const rows = `${path}.rows`;
  const remove = () => {
    for (const end of ["", "-wal", "-shm"]) rmSync(`${rows}${end}`, { force: true });
  };
  remove();
  const between = openSqlite({ path: rows, create: true, allowNetwork: true, synchronous: "normal" });
  try {
    await carryRows({ from: coreOf(from), to: coreOf(between), onProgress: () => {} });
    await between.db.deleteFrom("setting").where("key", "=", COPY_SETTING).execute();
    return await work(between);
  } finally {
    await closeDatabase(between);
    remove();
  }
}

async function verify(from: OpenedDatabase, path: string): Promise<HistoryDigest & { findings: number }> {
  const backup = await openBackup(path);
  try {
    const core = coreOf(backup);
    const findings = await core.read((db) => checkStore(core, db));
    const damage = findings.find(({ check }) => check === "database");
    if (damage !== undefined) throw broken(damage.message);
    const last = await backup.db
      .selectFrom("event")
      .select((eb) => eb.fn.max("id").as("id"))
      .executeTakeFirst();
    const lastId = Number(last?.id ?? 0);
    const digest = await digestHistory(backup, lastId);
    const source = await coreOf(from).read((db) =>
      from.dialect.snapshot(db, (snapshot) => digestHistory({ db: snapshot, dialect: from.dialect }, lastId)),
    );
    if (digest.sha256 !== source.sha256) throw broken("Its history is not that of the workspace");
    return { ...digest, findings: findings.filter(({ severity }) => severity === "error").length };
  } finally {
    await closeDatabase(backup);
  }
}

const broken = (why: string) =>
  new SluiceError("unavailable", `The backup is not complete, and was removed. ${why}`, {
    hint: "Check the disk, look at the workspace with: sluice doctor, and try again",
  });

export interface HistoryDigest {
  readonly events: number;
  /** Of all entries with what changed, in their order. */
  readonly sha256: string;
}

/** Count and sha256 of the history up to an entry: equal for a workspace and its backup, whatever was written since. */
export async function digestHistory(side: Side, lastId: number): Promise<HistoryDigest> {
  const hash = createHash("sha256");
  let events = 0;
  for (const [table, column] of [
    ["event", "id"],
    ["event_payload", "event_id"],
    ["event_block", "last_id"],
  ] as const)
    for await (const batch of readRows(side, table)) {
      const rows = batch.filter((row) => Number(row[column]) <= lastId);
      for (const row of rows) hash.update(rowText(row));
      if (table === "event") events += rows.length;
      if (rows.length < batch.length) break;
    }
  return { events, sha256: hash.digest("hex") };
}
