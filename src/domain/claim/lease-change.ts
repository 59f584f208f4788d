import type { ActorName } from "#domain/actor.ts";
import { invalidField } from "#domain/errors.ts";
import type { Item, ItemChange } from "#domain/item/item.ts";

/** Where a column gets its value from when an item is leased. */
type Source = "lease" | "holder" | "run" | "now" | "end" | "length" | "one more" | "nothing";

/**
 * What a lease writes to its item's row. A table, because a database that picks and leases in one statement builds its text from it,
 * while everything else takes `leaseChange`.
 */
export const LEASE_COLUMNS = {
  leaseId: "lease",
  holder: "holder",
  leaseRunId: "run",
  leaseAcquiredAt: "now",
  leaseExpiresAt: "end",
  leaseTtlMs: "length",
  fence: "one more",
  notBefore: "nothing",
  heldBy: "nothing",
} as const satisfies Partial<Record<keyof Item, Source>>;

interface NewLease {
  /** Random per claim, so that no restore, retry or re-used name can make an old one valid again. */
  readonly id: string;
  readonly holder: ActorName;
  readonly runId: number;
  /** Length, milliseconds. */
  readonly ttlMs: number;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** An item as its new holder's: under a new lease, the fence one higher, and held by nothing. */
export function leaseChange(item: Item, { id, holder, runId, ttlMs, now }: NewLease): ItemChange {
  const values = {
    lease: id,
    holder,
    run: runId,
    now,
    end: now + ttlMs,
    length: ttlMs,
    "one more": item.fence + 1,
    nothing: null,
  } as const satisfies Record<Source, unknown>;
  return Object.fromEntries(Object.entries(LEASE_COLUMNS).map(([field, source]) => [field, values[source]]));
}

/** A lease lasts 15 minutes unless asked otherwise; every call of its holder renews it. */
export const DEFAULT_LEASE_MS = 15 * 60_000;
/** Shortest lease: a heartbeat must fit into it several times. */
export const MIN_LEASE_MS = 30_000;
export const MAX_LEASE_MS = 24 * 3_600_000;
/** How far what was written may be ahead of the clock and still count: a clock that was once far ahead must not hold everything up. */
export const MAX_AHEAD_MS = 120_000;

/** Checks a lease's length in milliseconds against its bounds. */
export function leaseLength(ttlMs: number): number {
  if (Number.isSafeInteger(ttlMs) && ttlMs >= MIN_LEASE_MS && ttlMs <= MAX_LEASE_MS) return ttlMs;
  throw invalidField("ttl", ttlMs, "30s to 24h");
}
