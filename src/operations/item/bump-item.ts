import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { ItemRef, itemIdOf } from "./item-ref.ts";
import { ItemAnswer, itemAnswer } from "./item-view.ts";

export const bumpItem = defineOperation({
  name: "item.bump",
  summary: "Put an item before all others of its project.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({ ref: ItemRef }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: "sluice item bump OB-12", does: "Let it come next" }],
  run: async ({ store, caller }, { ref }) => {
    const id = await itemIdOf(store, ref);
    return await itemAnswer(store, await store.items.bump({ by: caller, id }));
  },
});
