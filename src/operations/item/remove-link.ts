import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";
import { LINK_FIELDS, linkEnds } from "./link-target.ts";

export const removeLink = defineOperation({
  name: "link.remove",
  summary: "Remove a link.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject(LINK_FIELDS),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref", "kind", "to"],
  examples: [{ command: "sluice link remove OB-12 blocked_by OB-9", does: "Stop OB-12 waiting for OB-9" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.unlink({ by: caller, ...(await linkEnds(store, id, input)) }),
    ),
});
