import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { changeItem, CHANGED_ITEM } from "#operations/item/change-item.ts";
import { ItemAnswer } from "#operations/item/item-view.ts";
import { defineOperation } from "#operations/operation.ts";

export const returnItem = defineOperation({
  name: "return",
  summary: "Send a result in review back to agents, with the changes you want.",
  description:
    "The item is open again in its lane, with its place in the queue. Your words stand first in the brief of the next run, as instructions and not as data; its former branch is named there too.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    changes: Body.describe("What is to be changed, for the next run"),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [
    { command: 'sluice return OB-12 --changes "Keep the old flag working"', does: "Ask for changes" },
  ],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) => {
      const { ref, changes: reason } = input;
      const { item } = await store.items.get({ id });
      if (item.state !== "review")
        throw new SluiceError("conflict", `${ref} is ${item.state}, only a result in review is sent back`, {
          hint: item.state === "done" ? `Open it again: sluice item reopen ${ref}` : `See: sluice why ${ref}`,
          details: { ref, state: item.state },
        });
      return await store.claims.return({ by: caller, id, outcome: "changes_requested", reason });
    }),
});
