import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import type { Store } from "#operations/ports/store.ts";
import { brief, DEFAULT_BRIEF_TOKENS } from "./brief.ts";
import { ItemRef, itemIdOf, refWriter } from "./item-ref.ts";
import { itemView, ItemView } from "./item-view.ts";

/** Runs that a brief tells of: the latest explain what was tried; older ones repeat it. */
const RUNS_IN_BRIEF = 10;
/** Below this not even the ref, the title and how to report fit. */
const MIN_BRIEF_TOKENS = 100;
const MAX_BRIEF_TOKENS = 100_000;

export const showItem = defineOperation({
  name: "item.show",
  summary: "Show an item with all that belongs to it, or the brief that an agent starts from.",
  effect: "read",
  authority: "view",
  toolset: "agent",
  input: z.strictObject({
    ref: ItemRef,
    brief: z.boolean().optional().describe("Answer the text that an agent starts from"),
    budget: z
      .int()
      .min(MIN_BRIEF_TOKENS)
      .max(MAX_BRIEF_TOKENS)
      .default(DEFAULT_BRIEF_TOKENS)
      .describe("Most tokens of the brief"),
  }),
  output: z.object({ item: ItemView.optional(), brief: z.string().optional() }),
  errors: ["not_found"],
  positional: ["ref"],
  examples: [
    { command: "sluice item show OB-12", does: "Show everything about it" },
    { command: "sluice item show OB-12 --brief --budget 800", does: "Show what an agent starts from" },
  ],
  run: async ({ store }, { ref, brief: wantsBrief, budget }) => {
    const detail = await store.items.get({ id: await itemIdOf(store, ref) });
    const refOf = await refWriter(store);
    if (wantsBrief !== true) return { item: itemView(detail, refOf) };
    const runs = await runsOf(store, detail.item.id);
    return { brief: brief({ detail, refOf, runs, budgetTokens: budget }) };
  },
});

async function runsOf(store: Store, itemId: number) {
  const page = await store.runs.list({ itemId, page: { limit: RUNS_IN_BRIEF } });
  return page.items.toSorted((a, b) => b.id - a.id);
}
