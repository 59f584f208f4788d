import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

export const dropItem = defineOperation({
  name: "item.drop",
  summary: "Close an item that will not be done.",
  description: "What it blocks is shown to a person and never unblocked by this.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({ ...CHANGED_ITEM, reason: Body.describe("Why it will not be done") }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice item drop OB-12 --reason "The feature is gone"', does: "Drop it" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.drop({ by: caller, id, reason: input.reason }),
    ),
});
