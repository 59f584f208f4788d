import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { databaseNow } from "#store/core.ts";
import { coreOf } from "#store/create-store.ts";
import { closeDatabase, openDatabase } from "#store/open-store.ts";
import { prefixOf } from "#store/item/refs.ts";
import { backupName, identityOf, isFolder, keepNewest } from "./keep-backups.ts";
import { makeBackup, type MadeBackup } from "./make-backup.ts";

export interface BackUpRequest {
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
    throw new SluiceError("invalid", `keep is ${keep}, accepted is a number together with a folder`, {
      hint: "Name a folder that is there: sluice backup FOLDER --keep N",
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
