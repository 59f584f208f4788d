import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { EvidencePair } from "./evidence-fields.ts";
import { ItemRef, itemIdOf } from "./item-ref.ts";
import { ItemAnswer, itemAnswer } from "./item-view.ts";

export const closeItem = defineOperation({
  name: "item.close",
  summary: "Say that an item is done, with what shows it.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ref: ItemRef,
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
  run: async ({ store, caller }, { ref, reason, evidence = [] }) => {
    const id = await itemIdOf(store, ref);
    return await itemAnswer(store, await store.items.close({ by: caller, id, reason, evidence }));
  },
});
