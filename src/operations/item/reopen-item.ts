import { z } from "zod";
import { laneNamed } from "#domain/lane.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

export const reopenItem = defineOperation({
  name: "item.reopen",
  summary: "Open an item again that is done, dropped or in review.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    reason: Body.describe("Why it is open again; the next run gets it"),
    lane: z.string().max(64).optional().describe("Lane; default the one it was in"),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice item reopen OB-12 --reason "It fails on Windows"', does: "Open it again" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) => {
      const { reason, lane } = input;
      if (lane !== undefined) laneNamed(await store.projects.lanes(), lane);
      return store.items.reopen({ by: caller, id, reason, lane });
    }),
});
