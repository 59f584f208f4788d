import { z } from "zod";
import { ItemRef, itemIdOf } from "#operations/item/item-ref.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { planView, PlanView } from "./plan-view.ts";

export const setPlan = defineOperation({
  name: "plan.set",
  summary: "Write a new version of an item's plan.",
  description: "Versions never change; the newest is in the brief.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.strictObject({
    ref: ItemRef,
    body: Body.refine((text) => text.trim() !== "", "text of at least one character")
      .describe("The plan (Markdown)")
      .meta({ cli: "file", flag: "file" }),
  }),
  output: z.object({ plan: PlanView }),
  errors: ["not_found", "lease_lost"],
  positional: ["ref"],
  examples: [{ command: "sluice plan set OB-12 --file plan.md", does: "Set the plan from a file" }],
  run: async ({ store, caller }, { ref, body }) => {
    const id = await itemIdOf(store, ref);
    return { plan: planView(await store.items.setPlan({ by: caller, id, body })) };
  },
});
