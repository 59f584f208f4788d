import { z } from "zod";
import { laneNamed } from "#domain/lane.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

export const decideItem = defineOperation({
  name: "decide",
  summary: "Answer the open question of an item.",
  description: "The item goes back to the lane it was asked from, and the answer into the brief.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    answer: Body.refine((text) => text.trim() !== "", "an answer").describe("What is decided"),
    reason: Body.describe("Why"),
    lane: z.string().max(64).optional().describe("Lane it goes to; default the one it was asked from"),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice decide OB-12 --answer No --reason "Nobody uses it"', does: "Decide" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) => {
      const { answer, reason, lane } = input;
      if (lane !== undefined) laneNamed(await store.projects.lanes(), lane);
      return store.items.decide({ by: caller, id, answer, reason, lane });
    }),
});
