import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { EvidencePair } from "./evidence-fields.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

export const addEvidence = defineOperation({
  name: "evidence.add",
  summary: "Add evidence that an item is done.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  input: z.strictObject({ ...CHANGED_ITEM, evidence: EvidencePair }),
  output: ItemAnswer,
  errors: ["not_found", "lease_lost"],
  positional: ["ref", "evidence"],
  examples: [{ command: "sluice evidence add OB-12 deploy=web-1@1a2b3c4", does: "Record a deploy" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.addEvidence({ by: caller, id, ...input.evidence }),
    ),
});
