import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { EvidencePair } from "./evidence-fields.ts";
import { ItemRef, itemIdOf } from "./item-ref.ts";
import { ItemAnswer, itemAnswer } from "./item-view.ts";

export const addEvidence = defineOperation({
  name: "evidence.add",
  summary: "Add what shows that an item is done.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  input: z.strictObject({ ref: ItemRef, evidence: EvidencePair }),
  output: ItemAnswer,
  errors: ["not_found", "lease_lost"],
  positional: ["ref", "evidence"],
  examples: [{ command: "sluice evidence add OB-12 deploy=web-1@1a2b3c4", does: "Record a deploy" }],
  run: async ({ store, caller }, { ref, evidence }) => {
    const id = await itemIdOf(store, ref);
    return await itemAnswer(store, await store.items.addEvidence({ by: caller, id, ...evidence }));
  },
});
