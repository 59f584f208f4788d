import { sql } from "kysely";
import { requireHuman } from "#domain/caller.ts";
import { parseRef } from "#domain/ref.ts";
import { virtualDeadline } from "#domain/schedule/claim-order.ts";
import type { HistoryStore, Repair } from "#operations/ports/store/history-store.ts";
import { checkDerived, isAhead } from "./check-store.ts";
import { databaseNow, type Core, type Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { recordWorkspaceEvent } from "#store/history/events.ts";
import { oldestKept } from "#store/history/idempotency.ts";
import { isOverBudget, sumSpendingAgain } from "#store/queue/spending.ts";
import { correctTally } from "#store/queue/tally.ts";
import { lockItem, replaceItem } from "#store/item/item-save.ts";

/** Puts right what follows from other columns, and clears what is over. Never touches what a person or an agent wrote. */
export async function repair(
  core: Core,
  { by, apply }: Parameters<HistoryStore["repair"]>[0],
): Promise<readonly Repair[]> {
  requireHuman(by, "repair a workspace");
  const repairs = await core.read((db) => planned(core, db));
  if (!apply || repairs.length === 0) return repairs;
  await core.write(by, "doctor.fix", async (unit) => {
    for (const id of new Set(repairs.flatMap(({ ref }) => (ref === undefined ? [] : [parseRef(ref).number]))))
      await deriveAgain(unit, id);
    if (repairs.some(({ check }) => check === "derived.spending")) await sumSpendingAgain(unit);
    await correctTally(unit.core, unit.tx);
    await unit.tx.deleteFrom("landing_lock").where("expires_at", "<", unit.now).execute();
    await unit.tx.deleteFrom("idempotency").where("at", "<", oldestKept(unit.now)).execute();
    await recordWorkspaceEvent(unit, { repaired: repairs.map(({ message }) => message) });
  });
  return repairs;
}

async function planned(core: Core, db: Database): Promise<readonly Repair[]> {
  const now = await databaseNow(db, core.dialect);
  const derived = (await checkDerived(core, db)).filter(({ check }) => check.startsWith("derived."));
  const { locks } = await db
    .selectFrom("landing_lock")
    .select((eb) => eb.fn.countAll<number>().as("locks"))
    .where("expires_at", "<", now)
    .executeTakeFirstOrThrow();
  const { keys } = await db
    .selectFrom("idempotency")
    .select((eb) => eb.fn.countAll<number>().as("keys"))
    .where("at", "<", oldestKept(now))
    .executeTakeFirstOrThrow();
  const over = (check: string, count: number, what: string): readonly Repair[] =>
    count === 0 ? [] : [{ check, message: `${count} ${what}` }];
  return [
    ...derived.map(({ check, message, ref }): Repair => ({ check, message, ref })),
    ...over("landing.lock", Number(locks), "expired locks of targets"),
    ...over("idempotency.old", Number(keys), "expired idempotency keys"),
  ];
}

/** An item's counters, deadline and place in the queue, from what they follow from. Its history is silent about them. */
async function deriveAgain(unit: Unit, id: number): Promise<void> {
  const item = await lockItem(unit, id);
  const { blockers, children } = await countsOf(unit, unit.tx, id);
  await replaceItem(unit, item, {
    openBlockers: item.state === "done" ? item.openBlockers : blockers,
    openChildren: children,
    overBudget: await isOverBudget(unit.tx, item),
    deadline: virtualDeadline(item.readyAt, item.priority),
    // A holder that is alive renews it; the next claim takes it from one that is not.
    ...(item.leaseId !== null && isAhead(item, unit.now)
      ? { leaseAcquiredAt: unit.now, leaseExpiresAt: unit.now + (item.leaseTtlMs ?? 0) }
      : {}),
  });
}

async function countsOf({ core }: Unit, tx: Tx, id: number): Promise<{ blockers: number; children: number }> {
  const { table } = core.dialect;
  const { rows } = await sql<{ blockers: number; children: number }>`select
    (select count(*) from ${table("link")} l left join ${table("item")} b on l.to_kind = 'item' and b.id = l.to_id
        left join ${table("candidate")} c on l.to_kind = 'candidate' and c.id = l.to_id
      where l.from_id = ${id} and l.kind = 'blocked_by' and (b.closed_at is null and c.decided_at is null)) as blockers,
    (select count(*) from ${table("item")} c where c.parent_id = ${id} and c.closed_at is null) as children`.execute(
    tx,
  );
  const [row] = rows;
  return { blockers: Number(row?.blockers ?? 0), children: Number(row?.children ?? 0) };
}
