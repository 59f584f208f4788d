import { z } from "zod";
import { MAX_LEASE_MS, MIN_LEASE_MS } from "#domain/lease/lease-bounds.ts";

/** Length of a lease in milliseconds, 30 s to 24 h. */
export const TtlField = z
  .int()
  .min(MIN_LEASE_MS)
  .max(MAX_LEASE_MS)
  .describe("Length of the lease, 30s to 24h; each call of the holder renews it")
  .meta({ cli: "duration" });
