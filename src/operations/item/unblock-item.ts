import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

export const unblockItem = defineOperation({
  name: "item.unblock",
  summary: "Put a blocked item back into its lane.",
  description: "Its blocking notes stay in the brief, so that the next run sees what stopped the one before.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({ ...CHANGED_ITEM, reason: Body.optional().describe("What changed") }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice item unblock OB-12 --reason "The key is there now"', does: "Unblock it" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.unblock({ by: caller, id, reason: input.reason }),
    ),
});
