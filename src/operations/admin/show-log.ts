import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import { parseRef } from "#domain/ref.ts";
import { itemIdOf, refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";
import type { Store } from "#operations/ports/store.ts";
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
    { command: "sluice log OB-12", does: "See the life of an item" },
    { command: "sluice log --actor ai:codex", does: "See what one actor did" },
  ],
  run: async ({ store }, input) => {
    if (input.actor !== undefined) parseActor(input.actor);
    const stream = input.ref === undefined ? {} : await streamOf(store, input.ref);
    const page = await store.history.events({
      ...stream,
      actor: input.actor,
      newestFirst: input.oldestFirst !== true,
      page: pageRequest(input),
    });
    const refOf = await refWriter(store);
    return { events: page.items.map((event) => eventView(event, refOf)), page: pageView(page) };
  },
});

/** A run has no history of its own: its item's tells of it. */
async function streamOf(store: Store, ref: string) {
  const { kind, number } = parseRef(ref);
  if (kind === "candidate") {
    await store.gate.get({ id: number });
    return { stream: "candidate", streamId: number };
  }
  const streamId =
    kind === "run" ? (await store.runs.get({ id: number })).itemId : await itemIdOf(store, ref);
  return { stream: "item", streamId };
}
