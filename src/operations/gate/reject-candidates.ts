import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { CandidateRefs, candidateIdOf, candidateView, CandidateView } from "./candidate-view.ts";

export const rejectCandidates = defineOperation({
  name: "gate.reject",
  summary: "Reject candidates.",
  description: "For 90 days the same proposal is answered with this rejection, and files nothing.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    candidates: CandidateRefs.describe("Candidates to reject"),
    reason: Body.describe("Why; whoever proposes it again reads this"),
  }),
  output: z.object({ rejected: z.array(CandidateView) }),
  errors: ["not_found", "conflict"],
  positional: ["candidates"],
  examples: [{ command: 'sluice gate reject C-7 --reason "Works as intended"', does: "Reject it" }],
  run: async ({ store, caller }, { candidates, reason }) => {
    const ids = [...new Set(candidates.map(candidateIdOf))];
    await Promise.all(ids.map((id) => store.gate.get({ id })));
    const refOf = await refWriter(store);
    const rejected = [];
    for (const id of ids)
      rejected.push(candidateView(await store.gate.reject({ by: caller, id, reason }), refOf));
    return { rejected };
  },
});
