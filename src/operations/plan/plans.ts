import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { atVersion, CHANGED_ITEM } from "#operations/item/change-item.ts";
import { itemIdOf, ItemRef } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { planView, PlanView } from "#operations/item/item-view.ts";

export const setPlan = defineOperation({
  name: "plan.set",
  summary: "Write a new version of an item's plan.",
  description: "Versions never change; the newest is in the brief.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.strictObject({
    ...CHANGED_ITEM,
    body: Body.refine((text) => text.trim() !== "", "text of at least one character")
      .describe("The plan (Markdown)")
      .meta({ cli: "file", flag: "file" }),
  }),
  output: z.object({ plan: PlanView }),
  errors: ["not_found", "lease_lost"],
  positional: ["ref"],
  examples: [{ command: "sluice plan set OB-12 --file plan.md", does: "Set the plan from a file" }],
  run: async (context, input) =>
    await atVersion(context, input, async ({ store, caller }, id) => ({
      plan: planView(await store.items.setPlan({ by: caller, id, body: input.body })),
    })),
});

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
  examples: [{ command: "sluice plan history OB-12", does: "Show how the plan changed" }],
  run: async ({ store }, { ref }) => {
    const plans = await store.items.plans({ id: await itemIdOf(store, ref) });
    return { plans: plans.map(planView) };
  },
});
