import { z } from "zod";
import { laneNamed } from "#domain/lane.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { ItemRef, itemIdOf } from "./item-ref.ts";
import { ItemAnswer, itemAnswer } from "./item-view.ts";

export const reopenItem = defineOperation({
  name: "item.reopen",
  summary: "Open an item again that is done, dropped or in review.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ref: ItemRef,
    reason: Body.describe("Why it is open again; the next run gets it"),
    lane: z.string().max(64).optional().describe("Lane; default the one it was in"),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice item reopen OB-12 --reason "It fails on Windows"', does: "Open it again" }],
  run: async ({ store, caller }, { ref, reason, lane }) => {
    const id = await itemIdOf(store, ref);
    if (lane !== undefined) laneNamed(await store.projects.lanes(), lane);
    return await itemAnswer(store, await store.items.reopen({ by: caller, id, reason, lane }));
  },
});
