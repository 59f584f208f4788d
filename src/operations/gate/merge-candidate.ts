import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { ItemRef, itemIdOf, refWriter } from "#operations/item/item-ref.ts";
import { itemView, ItemView } from "#operations/item/item-view.ts";
import { defineOperation } from "#operations/operation.ts";
import { CandidateRef, candidateIdOf, candidateView, CandidateView } from "./candidate-view.ts";

export const mergeCandidate = defineOperation({
  name: "gate.merge",
  summary: "Merge a candidate into the item that it duplicates.",
  description: "Its text becomes a note on the item, and links that named the candidate follow.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    candidate: CandidateRef,
    into: ItemRef.describe("Item that it is a duplicate of"),
    reason: Body.optional().describe("Why they are the same"),
  }),
  output: z.object({ candidate: CandidateView, item: ItemView }),
  errors: ["not_found", "conflict"],
  positional: ["candidate"],
  examples: [{ command: "sluice gate merge C-7 --into OB-2", does: "Merge a duplicate" }],
  run: async ({ store, caller }, { candidate, into, reason }) => {
    const intoId = await itemIdOf(store, into);
    const merged = await store.gate.merge({ by: caller, id: candidateIdOf(candidate), intoId, reason });
    const refOf = await refWriter(store);
    const detail = await store.items.get({ id: intoId });
    return { candidate: candidateView(merged, refOf), item: itemView(detail, refOf) };
  },
});
