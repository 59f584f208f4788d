import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Finding } from "#operations/ports/store/history-store.ts";
import { checkStore } from "#store/check/check-store.ts";
import { type Asking, refuseUnproven } from "#operations/unproven-person.ts";
import type { Core } from "#store/core.ts";
import { carryRows, finishCopy } from "#store/copy/copy-workspace.ts";
import { coreOf } from "#store/create-store.ts";
import { recordWorkspaceEvent } from "#store/history/events.ts";
import { askedOf, closeDatabase, openBackup, openTarget } from "#store/open-store.ts";
import { revokeAll } from "#store/token/tokens.ts";
import { digestHistory, type HistoryDigest } from "./make-backup.ts";

interface RestoreRequest extends Pick<Asking, "proof"> {
  readonly by: Caller;
  /** Absolute path of a backup. */
  readonly from: string;
  /** A new file, or a new schema. */
  readonly to: string;
  readonly onProgress: (table: string, rows: number) => void;
}

export interface Restored extends HistoryDigest {
  /** Errors that `doctor` finds in what was restored; they were there when the backup was made. */
  readonly findings: readonly Finding[];
}

/** Numbers left out, so that what was made after the backup and is named in commits or branches is not mistaken for what comes now. */
const GAP = 100;
const NAMED_OUTSIDE = ["item", "candidate", "run"] as const;

/** Makes a new workspace of a backup. Started again after a stop it goes on; a place that holds something else is refused. */
export async function restoreBackup({ by, proof, from, to, onProgress }: RestoreRequest): Promise<Restored> {
  const backup = await openBackup(from);
  try {
    refuseDamaged(coreOf(backup), from);
    await refuseUnproven({ caller: by, proof }, await askedOf(backup), "restore a workspace");
    const target = await openTarget(to);
    try {
      const core = coreOf(target);
      await carryRows({ from: coreOf(backup), to: core, onProgress });
      const digest = await digestHistory(backup, Infinity);
      await beginAnew(core, by, digest);
      return { ...digest, findings: await checkStore(core, core.db) };
    } finally {
      await closeDatabase(target);
    }
  } finally {
    await closeDatabase(backup);
  }
}

function refuseDamaged({ dialect }: Core, path: string): void {
  const damage = dialect.checkPages().find(({ severity }) => severity === "error");
  if (damage === undefined) return;
  throw new SluiceError("invalid", `The backup ${path} is damaged: ${damage.message}`, {
    hint: "Use an older one",
    details: { path },
  });
}

/** Nothing that was going on goes on: leases end, answers that gave one are forgotten, and the history says why. */
async function beginAnew(core: Core, by: Caller, { events, sha256 }: HistoryDigest): Promise<void> {
  for (const table of NAMED_OUTSIDE) {
    const last = await core.db
      .selectFrom(table)
      .select((eb) => eb.fn.max("id").as("id"))
      .executeTakeFirst();
    await core.dialect.continueNumbers(core.db, table, Number(last?.id ?? 0) + GAP);
  }
  await finishCopy(core, by, {
    operation: "restore",
    reason: "The workspace was restored from a backup",
    also: async (unit) => {
      await unit.tx.deleteFrom("idempotency").where("operation", "=", "claim").execute();
      await unit.tx.deleteFrom("landing_lock").execute();
      await revokeAll(unit);
      await recordWorkspaceEvent(unit, { restored: { events, sha256 } });
    },
  });
}
