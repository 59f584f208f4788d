import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";
import { LINK_FIELDS, linkEnds } from "./link-target.ts";

export const addLink = defineOperation({
  name: "link.add",
  summary: "Link an item to another item or a candidate.",
  description:
    "`blocked_by` keeps it out of the queue until the other is done; a circle is refused and named.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  input: z.strictObject(LINK_FIELDS),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref", "kind", "to"],
  examples: [{ command: "sluice link add OB-12 blocked_by OB-9", does: "Let OB-12 wait for OB-9" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.link({ by: caller, ...(await linkEnds(store, id, input)) }),
    ),
});
