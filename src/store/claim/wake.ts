import { runEffect } from "#domain/item/settle-run.ts";
import type { Item } from "#domain/item/item.ts";
import { defaultAt } from "#domain/schedule/queue-place.ts";
import { saveItem } from "#store/item/save-item.ts";
import type { Unit } from "#store/core.ts";
import { takeDefault } from "#store/item/decide.ts";
import { NO_LEASE, readItem } from "#store/item/item-row.ts";
import { replaceItem } from "#store/item/item-save.ts";
import { addNote } from "#store/item/notes.ts";
import { parked } from "./park.ts";
import { endRun } from "#store/run/run-end.ts";

/** Rows looked at in one claim whose time has come; more are left to the next. */
const DUE_AT_ONCE = 64;
const LEASE = "system:lease";

/** Brings every item whose time has come to its place: leases that expired, back-offs that ended, questions that nobody answered in time. No process has to run for it. */
export async function wakeDue(unit: Unit): Promise<void> {
  const due = await unit.tx
    .selectFrom("item")
    .select((eb) => eb.fn.min("wake_at").as("at"))
    .where("wake_at", "is not", null)
    .executeTakeFirst();
  if (due === undefined || due.at === null || Number(due.at) > unit.now) return;
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
  return item.state === "open"
    ? expire(unit, item)
    : saveItem(unit, item, NO_LEASE, { operation: "lease.expired", actor: LEASE });
}

/** The lease of an open item ended by time: the run is lost, and the item is free again, or parked when too many were lost. */
async function expire(unit: Unit, item: Item): Promise<Item> {
  const { park, ...counters } = runEffect(item, "expired", unit.now, unit.core.random());
  await endRun(unit, item, "expired");
  const place = park === undefined ? {} : parked(unit, item);
  const after = await saveItem(
    unit,
    item,
    { ...counters, ...NO_LEASE, ...place },
    { operation: park === undefined ? "lease.expired" : "park", actor: LEASE },
  );
  if (park !== undefined) await addNote(unit, item.id, { kind: "park", body: park, actor: LEASE });
  return after;
}
