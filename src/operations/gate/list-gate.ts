import { z } from "zod";
import { refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";
import { CANDIDATE_STATES } from "#operations/ports/store/gate-store.ts";
import { namedProject, ProjectAlias } from "#operations/project/project-of.ts";
import { candidateView, CandidateView } from "./candidate-view.ts";

export const listGate = defineOperation({
  name: "gate.list",
  summary: "List the candidates that wait at the gate for a person.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({
    states: z.array(z.enum(CANDIDATE_STATES)).optional().describe("Only this state; default pending"),
    source: z.string().max(64).optional().describe("Only from this source"),
    project: ProjectAlias.optional(),
    ...PAGE_FIELDS,
  }),
  output: z.object({ candidates: z.array(CandidateView), page: PageView }),
  errors: ["not_found"],
  examples: [{ command: "sluice gate list", does: "Show what waits for a decision" }],
  run: async (context, input) => {
    const { store } = context;
    const project = await namedProject(context, input.project);
    const page = await store.gate.list({
      states: input.states ?? ["pending"],
      projectId: project?.id,
      source: input.source,
      page: pageRequest(input),
    });
    const refOf = await refWriter(store);
    return { candidates: page.items.map((one) => candidateView(one, refOf)), page: pageView(page) };
  },
});
