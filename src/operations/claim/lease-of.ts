import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";

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
  throw new SluiceError("invalid", "lease is missing, accepted is the lease id that claim answered", {
    hint: "Give the lease id, or set SLUICE_LEASE",
    details: { field: "lease", accepted: "a lease id" },
  });
}
