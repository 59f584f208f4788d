import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";

const RepairView = z.object({ check: z.string(), message: z.string(), ref: z.string().optional() });

export const fixWorkspace = defineOperation({
  name: "doctor.fix",
  summary: "Show, and with --apply do, the repairs that are safe.",
  description:
    "Counters, deadlines and places in the queue are computed again from what they follow from; locks and keys whose time is over are removed. What people and agents wrote is never touched.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({ apply: z.boolean().default(false).describe("Do it, instead of only saying what") }),
  output: z.object({ applied: z.boolean(), repairs: z.array(RepairView) }),
  errors: [],
  examples: [
    { command: "sluice doctor fix", does: "See what can be put right" },
    { command: "sluice doctor fix --apply", does: "Put it right" },
  ],
  run: async ({ store, caller }, { apply }) => ({
    applied: apply,
    repairs: [...(await store.history.repair({ by: caller, apply }))],
  }),
});
