import { z } from "zod";
import { ItemRef, itemIdOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { planView, PlanView } from "./plan-view.ts";

export const planHistory = defineOperation({
  name: "plan.history",
  summary: "Show every version of an item's plan.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({ ref: ItemRef }),
  output: z.object({ plans: z.array(PlanView) }),
  errors: ["not_found"],
  positional: ["ref"],
  examples: [{ command: "sluice plan history OB-12", does: "Read how the plan came to be" }],
  run: async ({ store }, { ref }) => {
    const plans = await store.items.plans({ id: await itemIdOf(store, ref) });
    return { plans: plans.map(planView) };
  },
});
