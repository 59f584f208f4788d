import { resolve } from "node:path";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { answered, defineCommandBody, type OutsideCall } from "#cli/outside-command.ts";
import { backUpPlace, type BackedUp } from "#store/backup/back-up-place.ts";
import { restoreBackup } from "#store/backup/restore-backup.ts";
import { copyPlaces } from "#store/open-store.ts";
import { localPerson } from "#compose/find-caller.ts";
import { findWorkspace, namedPlace } from "#compose/find-workspace.ts";
import { proofAt } from "#compose/machine-parts.ts";
import { trust } from "#compose/user-settings.ts";

const NEW_PLACE = z.string().describe("A new file, or a new schema: postgres://…?schema=NAME");

/** Carries a workspace to another file or database, and shows that nothing was lost. */
export const copyCommand = defineCommandBody({
  input: z.object({
    from: z.string().describe("A file or postgres://… with a workspace; it may be in use"),
    to: NEW_PLACE,
  }),
  positional: ["from", "to"],
  run: async (call, input) => {
    const { env, cwd } = call.surroundings;
    const by = localPerson(call, "copy", "copies a workspace");
    const [from, to] = [namedPlace(input.from, cwd), namedPlace(input.to, cwd)];
    if (from === to)
      throw new SluiceError("invalid", "from and to are the same place", {
        details: { field: "to", value: to },
      });
    const tables = await counted(call, (onProgress) =>
      copyPlaces({ by, proof: proofAt(call.surroundings), from, to, onProgress }),
    );
    trust(env, to);
    return answered(call, { tables }, report(tables));
  },
});

function report(tables: Awaited<ReturnType<typeof copyPlaces>>): string {
  const filled = tables.filter(({ rows }) => rows > 0);
  const lines = filled.map(
    ({ table, rows, sha256 }) => `${table.padEnd(16)} ${String(rows).padStart(9)}  ${sha256.slice(0, 16)}`,
  );
  return `${lines.join("\n")}\nAll ${tables.length} tables hold the same rows in both places. Leases have ended in the copy.\n`;
}

/** Writes a verified backup of the workspace. */
export const backupCommand = defineCommandBody({
  input: z.object({
    to: z.string().describe("A folder, or a new file"),
    keep: z
      .int()
      .min(1)
      .max(10_000)
      .optional()
      .describe("Remove older backups of this workspace from the folder, all but this many"),
  }),
  positional: ["to"],
  run: async (call, { to, keep }) => {
    const { workspace, profile } = call.globals;
    const { env, cwd } = call.surroundings;
    localPerson(call, "backup TO", "backs a workspace up");
    const place = findWorkspace({ workspace, profile, cwd, env });
    const made = await backUpPlace({ place, to: resolve(cwd, to), keep });
    return answered(call, { backup: made }, backupReport(made));
  },
});

function backupReport({ path, bytes, events, findings, removed }: BackedUp): string {
  const ill = `The workspace has ${findings} errors, and so has its backup; see: sluice doctor\n`;
  return [
    `Backed up to ${path}: ${bytes} bytes, ${events} entries of history\n`,
    findings === 0 ? "" : ill,
    removed.length === 0 ? "" : `Removed ${removed.length} older\n`,
  ].join("");
}

/** Makes a new workspace from a backup. */
export const restoreCommand = defineCommandBody({
  input: z.object({ from: z.string().describe("A file that sluice backup wrote"), to: NEW_PLACE }),
  positional: ["from"],
  run: async (call, input) => {
    const { env, cwd } = call.surroundings;
    const by = localPerson(call, "restore FROM --to PLACE", "restores a workspace");
    const [from, to] = [resolve(cwd, input.from), namedPlace(input.to, cwd)];
    const { findings, ...history } = await counted(call, (onProgress) =>
      restoreBackup({ by, proof: proofAt(call.surroundings), from, to, onProgress }),
    );
    trust(env, to);
    const restored = { url: to.replace(/\/\/([^:@/]+):[^@/]*@/, "//$1@"), ...history, findings };
    const text = `Restored ${restored.url} with ${history.events} entries of history; ${findings.length} findings of sluice doctor\n`;
    return answered(call, { restored }, text);
  },
});

/** Counts on a terminal the rows that are carried, a table at a time. */
async function counted<T>(
  { surroundings: { stderr }, globals }: OutsideCall,
  work: (onProgress: (table: string, rows: number) => void) => Promise<T>,
): Promise<T> {
  const shows = stderr.isTTY && !globals.quiet;
  const result = await work((table, rows) => void (shows && stderr.write(`\r\u001b[K${table}: ${rows}`)));
  if (shows) await stderr.write("\r\u001b[K");
  return result;
}
