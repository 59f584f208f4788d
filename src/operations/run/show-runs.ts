import { z } from "zod";
import { itemIdOf, ItemRef, refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";
import { runIdOf, RunRef, runView, RunView } from "./run-view.ts";

export const listRuns = defineOperation({
  name: "run.list",
  summary: "List runs, newest first.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({
    item: ItemRef.optional().describe("Only of this item"),
    live: z.boolean().optional().describe("Only runs in progress"),
    host: z.string().max(255).optional().describe("Only of this machine"),
    ...PAGE_FIELDS,
  }),
  output: z.object({ runs: z.array(RunView), page: PageView }),
  errors: ["not_found"],
  examples: [
    { command: "sluice run list --live", does: "See what agents are doing" },
    { command: "sluice run list --item OB-12", does: "See what was tried on an item" },
  ],
  run: async ({ store }, input) => {
    const itemId = input.item === undefined ? undefined : await itemIdOf(store, input.item);
    const { live, host } = input;
    const page = await store.runs.list({ itemId, live, host, page: pageRequest(input) });
    const refOf = await refWriter(store);
    return { runs: page.items.map((run) => runView(run, refOf)), page: pageView(page) };
  },
});

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
