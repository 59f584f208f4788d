import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { databaseNow } from "#store/core.ts";
import { coreOf } from "#store/create-store.ts";
import type { Database } from "#store/dialect.ts";
import { prefixOf } from "#store/item/refs.ts";
import { closeDatabase, openDatabase, openBackup } from "#store/open-store.ts";
import { makeBackup, type MadeBackup } from "./make-backup.ts";

interface BackUpRequest {
  /** The workspace: a path or `postgres://…`. */
  readonly place: string;
  /** Absolute: a folder, where the file gets a name of its own, or a new file. */
  readonly to: string;
  /** How many backups of this workspace stay in the folder, at least 1; all where absent. */
  readonly keep?: number | undefined;
}

export interface BackedUp extends MadeBackup {
  readonly removed: readonly string[];
}

/** Backs a workspace up while others write to it. */
export async function backUpPlace({ place, to, keep }: BackUpRequest): Promise<BackedUp> {
  const inFolder = isFolder(to);
  if (keep !== undefined && !inFolder)
    throw new SluiceError("invalid", `keep ${keep} needs a folder`, {
      hint: "Name an existing folder: sluice backup FOLDER --keep N",
      details: { field: "keep", value: keep, accepted: "only together with a folder" },
    });
  const from = await openDatabase({ place });
  try {
    const name = await coreOf(from).read(async (db) =>
      backupName(await prefixOf(db), await databaseNow(db, from.dialect)),
    );
    const made = await makeBackup(from, inFolder ? join(to, name) : to);
    const removed = keep === undefined ? [] : await keepNewest(to, keep, await identityOf(from.db));
    return { ...made, removed };
  } finally {
    await closeDatabase(from);
  }
}

/** `OB-20260301T020000000Z.db`: the workspace's prefix and the time, so that names sort by age. */
const NAME = /^[A-Z0-9]{1,10}-\d{8}T\d{9}Z\.db$/;

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** @param at epoch milliseconds */
function backupName(prefix: string, at: number): string {
  return `${prefix}-${new Date(at).toISOString().replace(/[-:.]/g, "")}.db`;
}

/** Removes all but the newest backups of one workspace from a folder, and answers which. Files of others stay. */
async function keepNewest(folder: string, keep: number, own: string): Promise<readonly string[]> {
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  const mine: string[] = [];
  for (const name of names.toSorted((a, b) => b.localeCompare(a, "en")))
    if ((await identityIn(join(folder, name))) === own) mine.push(join(folder, name));
  const old = mine.slice(keep);
  for (const path of old) rmSync(path);
  return old;
}

/** What tells one workspace from another: the first thing that was made in it. Empty in an empty one. */
async function identityOf(db: Database): Promise<string> {
  const first = await db.selectFrom("project").select("uid").orderBy("id").limit(1).executeTakeFirst();
  return first?.uid ?? "";
}

/** Undefined for what is not a readable backup: it may be all that is left of one, and stays. */
async function identityIn(path: string): Promise<string | undefined> {
  try {
    const backup = await openBackup(path);
    try {
      return await identityOf(backup.db);
    } finally {
      await closeDatabase(backup);
    }
  } catch (error) {
    if (error instanceof SluiceError) return undefined;
    throw error;
  }
}
