import { z } from "zod";
import { PauseView, pauseView } from "#operations/claim/queue-view.ts";
import { defineOperation } from "#operations/operation.ts";
import { pauseScope, SCOPE_FIELDS } from "./pause-scope.ts";

export const resumeWork = defineOperation({
  name: "resume",
  summary: "Allow claims again after a pause.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject(SCOPE_FIELDS),
  output: z.object({ paused: z.array(PauseView) }),
  errors: ["not_found"],
  examples: [{ command: "sluice resume -p app", does: "Go on" }],
  run: async (context, input) => {
    const { store, caller } = context;
    await store.claims.resume({ by: caller, ...(await pauseScope(context, input)) });
    return { paused: (await store.claims.pauses()).map(pauseView) };
  },
});
