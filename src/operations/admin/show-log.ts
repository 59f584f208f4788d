import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import { refWriter, streamAround } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";
import { ProjectAlias } from "#operations/project/project-of.ts";
import { eventSentence } from "./event-sentence.ts";
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
    since: z
      .int()
      .positive()
      .optional()
      .describe("Only what was done in so long, such as 2d")
      .meta({ cli: "duration" }),
    project: ProjectAlias.optional(),
    raw: z.boolean().optional().describe("Fields as they changed, instead of sentences"),
    oldestFirst: z.boolean().optional().describe("From the beginning"),
    ...PAGE_FIELDS,
  }),
  output: z.object({ events: z.array(EventView), page: PageView }),
  errors: ["not_found"],
  positional: ["ref"],
  examples: [
    { command: "sluice log OB-12", does: "Show the history of an item" },
    { command: "sluice log --actor ai:codex --since 2d", does: "Show what one actor did lately" },
  ],
  run: async ({ store }, input) => {
    if (input.actor !== undefined) parseActor(input.actor);
    const of = input.ref === undefined ? undefined : await streamAround(store, input.ref);
    const page = await store.history.events({
      ...(of === undefined ? {} : { stream: of.stream, streamId: of.id }),
      actor: input.actor,
      projectId:
        input.project === undefined ? undefined : (await store.projects.get({ alias: input.project })).id,
      since: input.since === undefined ? undefined : (await store.now()) - input.since,
      newestFirst: input.oldestFirst !== true,
      page: pageRequest(input),
    });
    const refOf = await refWriter(store);
    const events = page.items.map((event) => {
      const view = eventView(event, refOf);
      if (input.raw === true) return view;
      const { changes = {}, ...told } = view;
      const text = eventSentence(view.operation, changes, refOf);
      return { ...told, text, said: isSaid(text, event.said) ? undefined : (event.said ?? undefined) };
    });
    return { events, page: pageView(page) };
  },
});

/** Whether a sentence says already what was said. */
const isSaid = (text: string, said: string | null): boolean => said !== null && text.includes(said);
