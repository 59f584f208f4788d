import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { Database } from "#store/dialect.ts";
import { closeDatabase, openBackup } from "#store/open-store.ts";

/** `OB-20260301T020000000Z.db`: the workspace's prefix and the time, so that names sort by age. */
const NAME = /^[A-Z0-9]{1,10}-\d{8}T\d{9}Z\.db$/;

export const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** @param at epoch milliseconds */
export function backupName(prefix: string, at: number): string {
  return `${prefix}-${new Date(at).toISOString().replace(/[-:.]/g, "")}.db`;
}

/** Removes all but the newest backups of one workspace from a folder, and answers which. Files of others stay. */
export async function keepNewest(folder: string, keep: number, own: string): Promise<readonly string[]> {
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  const mine: string[] = [];
  for (const name of names.toSorted((a, b) => b.localeCompare(a, "en")))
    if ((await identityIn(join(folder, name))) === own) mine.push(join(folder, name));
  const old = mine.slice(keep);
  for (const path of old) rmSync(path);
  return old;
}

/** What tells one workspace from another: the first thing that was made in it. Empty in an empty one. */
export async function identityOf(db: Database): Promise<string> {
  const first = await db.selectFrom("project").select("uid").orderBy("id").limit(1).executeTakeFirst();
  return first?.uid ?? "";
}

/** Undefined for what is no readable backup: it may be all that is left of one, and stays. */
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
