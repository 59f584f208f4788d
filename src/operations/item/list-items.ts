import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import { ITEM_STATES } from "#domain/item/lifecycle.ts";
import { JOB_KIND_NAMES } from "#domain/kind.ts";
import { laneNamed } from "#domain/lane.ts";
import { LaneName } from "./lane-field.ts";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";
import { namedProject, ProjectAlias } from "#operations/project/project-of.ts";
import { ItemCard, itemCard } from "./item-card.ts";
import { ItemRef, itemIdOf, refWriter } from "./item-ref.ts";

export const listItems = defineOperation({
  name: "item.list",
  summary: "List items, by default those that are not closed.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({
    lanes: z.array(LaneName).optional().describe("Only this lane"),
    states: z
      .array(z.enum(ITEM_STATES))
      .optional()
      .describe("Only this state; default all but done and dropped"),
    label: z.string().max(64).optional().describe("Only with this label"),
    kind: z.enum(JOB_KIND_NAMES).optional().describe("Only this kind"),
    search: z.string().max(500).optional().describe('Words, `prefix*` or "a phrase" to find in the texts'),
    actor: z.string().max(80).optional().describe("Only items that this actor made or holds, kind:name"),
    parent: ItemRef.optional().describe("Only the parts of this item"),
    leased: z.boolean().optional().describe("Only items that somebody works on"),
    project: ProjectAlias.optional(),
    ...PAGE_FIELDS,
  }),
  output: z.object({ items: z.array(ItemCard), page: PageView }),
  errors: ["not_found"],
  examples: [
    { command: "sluice item list", does: "Show what is open" },
    {
      command: 'sluice item list --lane requires_decision --search "auth*"',
      does: "Find decisions about auth",
    },
  ],
  run: async (context, input) => {
    const { store } = context;
    const { states, label, kind, search, actor, leased } = input;
    if (actor !== undefined) parseActor(actor);
    const known = input.lanes === undefined ? [] : await store.projects.lanes();
    const lanes = input.lanes?.map((lane) => laneNamed(known, lane).name);
    const project = await namedProject(context, input.project);
    const parentId = input.parent === undefined ? undefined : await itemIdOf(store, input.parent);
    const page = await store.items.list({
      filter: { projectId: project?.id, lanes, states, label, kind, search, actor, parentId, leased },
      page: pageRequest(input),
    });
    const refOf = await refWriter(store);
    return { items: page.items.map((item) => itemCard(item, item.project, refOf)), page: pageView(page) };
  },
});
