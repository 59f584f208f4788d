import { SluiceError } from "#domain/errors.ts";
import type { Item } from "#domain/item/item.ts";
import type { Unit } from "#store/core.ts";
import { lockByLease } from "#store/item/item-save.ts";
import { refOf } from "#store/item/refs.ts";

/**
 * Whether the caller holds this item. A caller inside a run must hold it: a process that woke after its lease ended may write nothing,
 * not even a remark (`lease_lost`). A caller without a lease does not hold it and may remark.
 */
export async function requireOwnLease(unit: Unit, item: Item): Promise<boolean> {
  const { lease } = unit.by;
  if (lease === undefined) return false;
  if (item.leaseId === lease && isLive(unit, item)) return true;
  const own = item.leaseId === lease ? { ...item, holder: null } : item;
  throw lost(await refOf(unit.tx, item.id), own);
}

/** A caller inside a run may write only while its lease lives, also where it names no item. */
export async function requireLiveRun(unit: Unit): Promise<void> {
  if (unit.by.lease !== undefined) await lockLeased(unit, unit.by.lease);
}

const isLive = (unit: Unit, item: Item): boolean =>
  item.leaseExpiresAt !== null && item.leaseExpiresAt > unit.now;

/** The item a live lease belongs to, locked. Refuses with `lease_lost`, saying who holds the item now. */
export async function lockLeased(unit: Unit, leaseId: string): Promise<Item> {
  const item = await lockByLease(unit, leaseId);
  if (item !== undefined && isLive(unit, item)) return item;
  throw await leaseLost(unit, leaseId);
}

/** The refusal of a lease that is not live: says what became of it where that is known. */
export async function leaseLost(unit: Unit, leaseId: string): Promise<SluiceError> {
  const run = await unit.tx
    .selectFrom("run")
    .innerJoin("item", "item.id", "run.item_id")
    .select(["item.id", "item.holder", "item.lease_expires_at", "item.lease_id"])
    .where("run.lease_id", "=", leaseId)
    .executeTakeFirst();
  if (run === undefined)
    return new SluiceError("lease_lost", "There is no such lease", {
      hint: "Claim an item first: sluice claim",
      details: {},
    });
  const holder = run.lease_id === leaseId ? null : run.holder;
  return lost(await refOf(unit.tx, run.id), { holder, leaseExpiresAt: run.lease_expires_at });
}

function lost(
  ref: string,
  item: { readonly holder: string | null; readonly leaseExpiresAt: number | null },
): SluiceError {
  const now = item.holder === null ? "nobody holds the item now" : `${item.holder} holds it now`;
  return new SluiceError("lease_lost", `You do not hold ${ref}, or no longer; ${now}`, {
    hint: "Stop working on it: nothing more can be written under this lease. Claim again with: sluice claim",
    details: {
      ref,
      ...(item.holder === null ? {} : { holder: item.holder }),
      ...(item.leaseExpiresAt === null ? {} : { expires_at: new Date(item.leaseExpiresAt).toISOString() }),
    },
  });
}
