import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { RunAnswer, runAnswer } from "#operations/claim/run-answer.ts";
import { defineOperation } from "#operations/operation.ts";
import { RunRef, runIdOf } from "./run-view.ts";

export const stopRun = defineOperation({
  name: "run.stop",
  summary: "Stop a run: revoke its lease, and its worker ends the agent.",
  description: "No attempt is counted, and the item is free at once.",
  effect: "destroy",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({ run: RunRef, note: Body.optional().describe("Why; the next run reads it") }),
  output: RunAnswer,
  errors: ["not_found", "conflict"],
  positional: ["run"],
  examples: [{ command: 'sluice run stop R-31 --note "Wrong branch" --yes', does: "Stop it" }],
  run: async ({ store, caller }, { run, note }) => {
    const runId = runIdOf(run);
    const { endedAt, outcome } = await store.runs.get({ id: runId });
    if (endedAt !== null)
      throw new SluiceError("conflict", `${runRef(runId)} has ended already: ${outcome ?? "no outcome"}`, {
        hint: "See runs in progress with: sluice run list --live",
        details: { ref: runRef(runId), outcome },
      });
    const detail = await store.claims.end({ by: caller, runId, outcome: "revoked", note });
    return await runAnswer(store, { detail, run: await store.runs.get({ id: runId }) });
  },
});
