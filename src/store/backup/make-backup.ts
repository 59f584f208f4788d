import { createHash } from "node:crypto";
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { checkStore } from "#store/check/check-store.ts";
import { carryRows } from "#store/copy/copy-workspace.ts";
import { readRows, rowText, type Side } from "#store/copy/table-rows.ts";
import { coreOf } from "#store/create-store.ts";
import { closeDatabase, openBackup, type OpenedDatabase } from "#store/open-store.ts";
import { COPY_SETTING } from "#store/setting-rows.ts";
import { openSqlite } from "#store/sqlite/open-sqlite.ts";

export interface MadeBackup extends HistoryDigest {
  readonly path: string;
  readonly bytes: number;
  /** What `doctor` finds in the backup, and so in the workspace: a backup of something ill is made, and says so. */
  readonly findings: number;
}

/** Writes a backup to a new file and shows that it can be read and has the same history. Refuses with `conflict` where something is. */
export async function makeBackup(from: OpenedDatabase, path: string): Promise<MadeBackup> {
  reserve(path);
  const part = `${path}.part`;
  try {
    rmSync(part, { force: true });
    const proof = await asOneFile(from, part, async (source) => {
      await coreOf(source).read(async () => source.dialect.exportFile?.(part));
      return await verify(source, part);
    });
    chmodSync(part, 0o600); // whoever reads a backup reads everything
    flush(part);
    renameSync(part, path);
    flush(dirname(path));
    return { path, bytes: statSync(path).size, ...proof };
  } catch (error) {
    rmSync(part, { force: true });
    rmSync(path, { force: true });
    throw error;
  }
}

/** Takes the name, so that two backups at the same time cannot both. */
function reserve(path: string): void {
  if (!existsSync(dirname(path)))
    throw new SluiceError("not_found", `There is no folder ${dirname(path)}`, { details: { path } });
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (cause) {
    if (!existsSync(path))
      throw new SluiceError("unavailable", `${path} cannot be written`, {
        hint: "Check that you may write there and that the disk is not full",
        cause,
      });
    throw new SluiceError("conflict", `${path} exists already`, {
      hint: "Name a new file, or a folder to keep several in",
      details: { path },
    });
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
