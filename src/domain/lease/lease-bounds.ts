import { invalidField } from "#domain/errors.ts";

/** A lease lasts 15 minutes unless asked otherwise; every call of its holder renews it. */
export const DEFAULT_LEASE_MS = 15 * 60_000;
/** Shortest lease: a heartbeat must fit into it several times. */
export const MIN_LEASE_MS = 30_000;
export const MAX_LEASE_MS = 24 * 3_600_000;

/** Checks a lease's length in milliseconds against its bounds. */
export function leaseLength(ttlMs: number): number {
  if (Number.isSafeInteger(ttlMs) && ttlMs >= MIN_LEASE_MS && ttlMs <= MAX_LEASE_MS) return ttlMs;
  throw invalidField("ttl", ttlMs, "30s to 24h");
}
