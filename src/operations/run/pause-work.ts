import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { PauseView, pauseView } from "#operations/claim/queue-view.ts";
import { defineOperation } from "#operations/operation.ts";
import { pauseScope, SCOPE_FIELDS } from "./pause-scope.ts";

export const pauseWork = defineOperation({
  name: "pause",
  summary: "Stop new claims: everywhere, in a project, or for a runner.",
  description: "What is being worked on goes on; a refused claim says who paused and since when.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({ ...SCOPE_FIELDS, reason: Body.optional().describe("Why") }),
  output: z.object({ paused: z.array(PauseView) }),
  errors: ["not_found"],
  examples: [{ command: 'sluice pause -p app --reason "Release day"', does: "Hold one project" }],
  run: async (context, input) => {
    const { store, caller } = context;
    await store.claims.pause({ by: caller, ...(await pauseScope(context, input)), reason: input.reason });
    return { paused: (await store.claims.pauses()).map(pauseView) };
  },
});
