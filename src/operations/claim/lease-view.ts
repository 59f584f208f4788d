import { z } from "zod";
import { isoTime } from "#operations/iso-text.ts";
import { IsoTime } from "#operations/iso-time.ts";
import type { Lease } from "#operations/ports/store/claim-store.ts";

/** A lease, shown to its holder only. */
export const LeaseView = z.object({
  id: z.string(),
  fence: z.int(),
  holder: z.string(),
  acquired_at: IsoTime,
  expires_at: IsoTime,
});

export function leaseView(lease: Lease): z.input<typeof LeaseView> {
  const { id, fence, holder, acquiredAt, expiresAt } = lease;
  return { id, fence, holder, acquired_at: isoTime(acquiredAt), expires_at: isoTime(expiresAt) };
}
