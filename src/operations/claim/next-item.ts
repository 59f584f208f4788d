import { z } from "zod";
import { ItemCard, itemCard } from "#operations/item/item-card.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { QUEUE_FIELDS, queueFilter } from "./queue-filter.ts";
import { QueueView, queueView } from "./queue-view.ts";

export const nextItem = defineOperation({
  name: "next",
  summary: "Show the item that would be claimed next, without claiming it.",
  effect: "read",
  authority: "view",
  toolset: "agent",
  input: z.strictObject(QUEUE_FIELDS),
  output: z.object({
    item: ItemCard.optional(),
    why: QueueView.optional().describe("Why there is none; only when there is no item"),
  }),
  errors: ["not_found"],
  examples: [{ command: "sluice next", does: "Peek at the queue" }],
  run: async (context, input) => {
    const { store } = context;
    const filter = await queueFilter(context, input);
    const item = await store.claims.peek({ filter });
    if (item === undefined)
      return { why: queueView(await store.claims.summary({ projectIds: filter.projectIds })) };
    const project = await store.projects.byId({ id: item.projectId });
    return { item: itemCard(item, project.alias, await refWriter(store)) };
  },
});
