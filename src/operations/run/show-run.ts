import { z } from "zod";
import { refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { RunRef, runIdOf } from "./run-ref.ts";
import { runView, RunView } from "./run-view.ts";

export const showRun = defineOperation({
  name: "run.show",
  summary: "Show a run.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({ run: RunRef }),
  output: z.object({ run: RunView }),
  errors: ["not_found"],
  positional: ["run"],
  examples: [{ command: "sluice run show R-31", does: "Show how it went" }],
  run: async ({ store }, { run }) => ({
    run: runView(await store.runs.get({ id: runIdOf(run) }), await refWriter(store)),
  }),
});
