import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { LeaseId, leaseOf, leaseView, LeaseView, TtlField } from "./lease-fields.ts";

export const heartbeat = defineOperation({
  name: "heartbeat",
  summary: "Renew a lease.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.strictObject({ lease: LeaseId, ttl: TtlField.optional() }),
  output: z.object({ lease: LeaseView }),
  errors: ["lease_lost"],
  positional: ["lease"],
  examples: [{ command: "sluice heartbeat LEASE", does: "Keep the item longer" }],
  run: async (context, { lease, ttl }) => {
    const leaseId = leaseOf(context, lease);
    const { store, caller } = context;
    return { lease: leaseView(await store.claims.heartbeat({ by: caller, leaseId, ttlMs: ttl })) };
  },
});
