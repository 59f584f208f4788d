import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import { refWriter, streamAround } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";
import { eventView, EventView } from "./event-view.ts";

export const showLog = defineOperation({
  name: "log",
  summary: "Show who did what and when, newest first.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({
    ref: z.string().max(40).optional().describe("Only of this item, candidate or run"),
    actor: z.string().max(80).optional().describe("Only by this actor, kind:name"),
    oldestFirst: z.boolean().optional().describe("From the beginning"),
    ...PAGE_FIELDS,
  }),
  output: z.object({ events: z.array(EventView), page: PageView }),
  errors: ["not_found"],
  positional: ["ref"],
  examples: [
    { command: "sluice log OB-12", does: "Show the history of an item" },
    { command: "sluice log --actor ai:codex", does: "Show what one actor did" },
  ],
  run: async ({ store }, input) => {
    if (input.actor !== undefined) parseActor(input.actor);
    const of = input.ref === undefined ? undefined : await streamAround(store, input.ref);
    const page = await store.history.events({
      ...(of === undefined ? {} : { stream: of.stream, streamId: of.id }),
      actor: input.actor,
      newestFirst: input.oldestFirst !== true,
      page: pageRequest(input),
    });
    const refOf = await refWriter(store);
    return { events: page.items.map((event) => eventView(event, refOf)), page: pageView(page) };
  },
});
