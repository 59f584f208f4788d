import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { EvidencePair } from "./add-evidence.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

export const closeItem = defineOperation({
  name: "item.close",
  summary: "Close an item that is done, with the evidence.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    reason: Body.describe("Why it counts as done"),
    evidence: z.array(EvidencePair).max(50).optional(),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [
    {
      command: 'sluice item close OB-12 --reason "Shipped by hand" --evidence commit=1a2b3c4',
      does: "Close it",
    },
  ],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) => {
      const { reason, evidence = [] } = input;
      return store.items.close({ by: caller, id, reason, evidence });
    }),
});
