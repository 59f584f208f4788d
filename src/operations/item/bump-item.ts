import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

export const bumpItem = defineOperation({
  name: "item.bump",
  summary: "Put an item before all others of its project.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject(CHANGED_ITEM),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: "sluice item bump OB-12", does: "Let it come next" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) => store.items.bump({ by: caller, id })),
});
