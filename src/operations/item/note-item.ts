import { z } from "zod";
import { Body } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { atVersion, CHANGED_ITEM } from "./change-item.ts";
import { noteView, NoteView } from "./item-view.ts";

export const noteItem = defineOperation({
  name: "note",
  summary: "Write a note on an item for whoever works on it next.",
  description: "With a lease it renews the lease; without one it is stored as a remark.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.strictObject({
    ...CHANGED_ITEM,
    text: Body.refine((text) => text.trim() !== "", "text of at least one character").describe(
      "The note (Markdown)",
    ),
  }),
  output: z.object({ note: NoteView }),
  errors: ["not_found", "lease_lost"],
  positional: ["ref", "text"],
  examples: [{ command: 'sluice note OB-12 "The flag is read in two places"', does: "Leave a note" }],
  run: async (context, input) =>
    await atVersion(context, input, async ({ store, caller }, id) => ({
      note: noteView(await store.items.note({ by: caller, id, body: input.text })),
    })),
});
