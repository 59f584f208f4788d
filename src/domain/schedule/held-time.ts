import type { Item } from "#domain/item/item.ts";

/** Shorter work is not counted. Milliseconds; the unit of budgets is the minute. */
const COUNTED_FROM_MS = 1_000;

type Held = Pick<Item, "holder" | "leaseAcquiredAt" | "leaseExpiresAt" | "leaseTtlMs">;

/**
 * How long an agent has held an item without a worker that measures it, milliseconds: from its claim until now, or until the last
 * that was heard of it where its lease has ended by time. Undefined where a person or the product holds it, and for what is too short.
 */
export function attendedMs(item: Held, now: number): number | undefined {
  const { holder, leaseAcquiredAt, leaseExpiresAt, leaseTtlMs } = item;
  if (holder?.startsWith("ai:") !== true || leaseAcquiredAt === null) return undefined;
  if (leaseExpiresAt === null || leaseTtlMs === null) return undefined;
  const until = leaseExpiresAt > now ? now : leaseExpiresAt - leaseTtlMs;
  const heldMs = until - leaseAcquiredAt;
  return heldMs < COUNTED_FROM_MS ? undefined : heldMs;
}
