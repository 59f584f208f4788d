import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { BriefBudget, briefOf } from "./brief.ts";
import { ItemRef, itemIdOf, refWriter } from "./item-ref.ts";
import { itemView, ItemView } from "./item-view.ts";

export const showItem = defineOperation({
  name: "item.show",
  summary: "Show an item with all that belongs to it, or its brief.",
  effect: "read",
  authority: "view",
  toolset: "agent",
  input: z.strictObject({
    ref: ItemRef,
    brief: z.boolean().optional().describe("Answer the brief: the text that an agent starts from"),
    budget: BriefBudget,
    reporting: z.boolean().default(true).describe("End the brief with how to report"),
  }),
  output: z.object({ item: ItemView.optional(), brief: z.string().optional() }),
  errors: ["not_found"],
  positional: ["ref"],
  examples: [
    { command: "sluice item show OB-12", does: "Show everything about it" },
    { command: "sluice item show OB-12 --brief --budget 800", does: "Show what an agent starts from" },
  ],
  run: async ({ store }, { ref, brief: wantsBrief, budget, reporting }) => {
    const detail = await store.items.get({ id: await itemIdOf(store, ref) });
    const refOf = await refWriter(store);
    if (wantsBrief !== true) return { item: itemView(detail, refOf) };
    const ending = reporting ? "commands" : "none";
    return { brief: await briefOf(store, detail, refOf, { budgetTokens: budget, ending }) };
  },
});
