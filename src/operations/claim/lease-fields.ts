import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { MAX_LEASE_MS, MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { Context } from "#operations/context.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import type { Lease } from "#operations/ports/store/claim-store.ts";

export const LeaseId = z
  .string()
  .min(1)
  .max(100)
  .optional()
  .describe("Lease id that `claim` answered; default the caller's own lease (SLUICE_LEASE)");

/** The lease a call works under. Refuses with `invalid` when there is none. */
export function leaseOf(context: Context, given: string | undefined): string {
  const lease = given ?? context.caller.lease;
  if (lease !== undefined) return lease;
  throw new SluiceError("invalid", "lease is missing, expected the lease id that claim answered", {
    hint: "Give the lease id, or set SLUICE_LEASE",
    details: { field: "lease", accepted: "a lease id" },
  });
}

/** A lease, shown to its holder only. */
export const LeaseView = z.lazy(() =>
  z.object({
    id: z.string(),
    fence: z.int(),
    holder: z.string(),
    acquired_at: IsoTime,
    expires_at: IsoTime,
  }),
);

export function leaseView(lease: Lease): z.input<typeof LeaseView> {
  const { id, fence, holder, acquiredAt, expiresAt } = lease;
  return { id, fence, holder, acquired_at: isoTime(acquiredAt), expires_at: isoTime(expiresAt) };
}

/** Length of a lease in milliseconds, 30 s to 24 h. */
export const TtlField = z
  .int()
  .min(MIN_LEASE_MS)
  .max(MAX_LEASE_MS)
  .describe("Length of the lease, 30s to 24h; each call of the holder renews it")
  .meta({ cli: "duration" });
