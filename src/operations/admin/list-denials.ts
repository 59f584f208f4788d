import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";
import { PAGE_FIELDS, pageRequest, pageView, PageView } from "#operations/page-fields.ts";

const DenialView = z.object({
  actor: z.string(),
  auth: z.string(),
  interface: z.string(),
  /** Number of the token it came with. */
  token: z.int().optional(),
  operation: z.string(),
  needed: z.string(),
  has: z.string(),
  times: z.int(),
  first_at: IsoTime,
  last_at: IsoTime,
});

export const listDenials = defineOperation({
  name: "log.denials",
  summary: "Show who was denied what, latest first.",
  description:
    "Refusals of one actor, operation and need are one entry with a count. The latest 1,000 are kept, outside of the history.",
  effect: "read",
  authority: "decide",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    actor: z.string().max(80).optional().describe("Only of this actor, kind:name"),
    ...PAGE_FIELDS,
  }),
  output: z.object({ denials: z.array(DenialView), page: PageView }),
  errors: [],
  examples: [
    { command: "sluice log denials", does: "Show what was denied" },
    { command: "sluice log denials --actor ai:codex", does: "Show what one agent was denied" },
  ],
  run: async ({ store }, input) => {
    if (input.actor !== undefined) parseActor(input.actor);
    const page = await store.denials.list({ actor: input.actor, page: pageRequest(input) });
    const denials = page.items.map(({ token, firstAt, lastAt, ...denial }) => ({
      ...denial,
      token: token ?? undefined,
      first_at: isoTime(firstAt),
      last_at: isoTime(lastAt),
    }));
    return { denials, page: pageView(page) };
  },
});
