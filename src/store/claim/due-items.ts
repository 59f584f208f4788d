import { expiryPlan } from "#domain/claim/run-end-plans.ts";
import { type Item, NO_LEASE, NOT_ASKED } from "#domain/item/item.ts";
import type { Lane } from "#domain/lane.ts";
import { defaultAt, QUEUE } from "#domain/schedule/queue-place.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { saveItem } from "#store/item/save-item.ts";
import { takeDefault } from "#store/item/decide.ts";
import { readItem } from "#store/item/item-row.ts";
import { placeOf, replaceItem } from "#store/item/item-save.ts";
import { refOf } from "#store/item/refs.ts";

/** Rows looked at in one claim whose time has come; more are left to the next. */
const DUE_AT_ONCE = 64;

/** Brings every item whose time has come to its place: leases that expired, back-offs that ended, questions that nobody answered in time. No process has to run for it. */
export async function wakeDue(unit: Unit): Promise<void> {
  const rows = await unit.tx
    .selectFrom("item")
    .selectAll()
    .where("wake_at", "<=", unit.now)
    .orderBy("wake_at")
    .limit(DUE_AT_ONCE)
    .modifyEnd(unit.core.dialect.skipLocked)
    .execute();
  for (const row of rows) await wake(unit, readItem(row));
}

/** One item whose time has come. */
export async function wake(unit: Unit, item: Item): Promise<Item> {
  if (item.leaseExpiresAt === null) {
    const at = defaultAt(item);
    return at !== null && at <= unit.now ? takeDefault(unit, item) : replaceItem(unit, item, {});
  }
  if (item.leaseExpiresAt > unit.now) return item;
  const { now, lanes, core } = unit;
  const ref = await refOf(unit.tx, item.id);
  const { change, ...options } = expiryPlan({ item, ref, now, lanes, random: core.random });
  return saveItem(unit, item, change, options);
}

/** Items whose time has come as they will be for the next claim, those of them that it can take; nothing is written. */
export async function dueItems(
  { random }: Core,
  db: Database | Tx,
  { now, lanes }: { readonly now: number; readonly lanes: readonly Lane[] },
): Promise<readonly Item[]> {
  const rows = await db
    .selectFrom("item")
    .selectAll()
    .where("wake_at", "<=", now)
    .orderBy("wake_at")
    .limit(DUE_AT_ONCE)
    .execute();
  const woken = rows.map(readItem).map((item): Item => {
    if (item.leaseExpiresAt !== null)
      return { ...item, ...expiryPlan({ item, ref: "", now, lanes, random }).change };
    return defaultAt(item) === null
      ? item
      : { ...item, ...NOT_ASKED, ...NO_LEASE, lane: item.resumeLane ?? item.lane };
  });
  return woken.filter((item) => placeOf({ lanes, now }, item).q === QUEUE.ready);
}
