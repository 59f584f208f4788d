import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { LeaseId, leaseOf } from "./lease-fields.ts";
import { RunAnswer, runAnswer } from "./run-answer.ts";

export const release = defineOperation({
  name: "release",
  summary: "Give a lease back without a result.",
  description: "No attempt is counted. The note is what the next run starts from.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.strictObject({
    lease: LeaseId,
    note: Body.refine((text) => text.trim() !== "", "text that says why").describe(
      "Why, and what is known so far",
    ),
  }),
  output: RunAnswer,
  errors: ["lease_lost"],
  positional: ["lease"],
  examples: [
    { command: 'sluice release LEASE --note "Out of budget; the plan holds"', does: "Free the item" },
  ],
  run: async (context, { lease, note }) => {
    const { store, caller } = context;
    const leaseId = leaseOf(context, lease);
    return await runAnswer(store, await store.claims.release({ by: caller, leaseId, note }));
  },
});
