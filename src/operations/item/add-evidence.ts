import { z } from "zod";
import { Line } from "#domain/text/bounded-text.ts";
import { defineOperation } from "#operations/operation.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

/** What shows that an item is done: a kind (`commit`, `pr`, `check`, `deploy`, `probe`, …) and its value. */
export const EvidencePair = z
  .object({
    kind: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "1 to 64 lower-case letters, digits, - and _"),
    value: Line,
  })
  .meta({ cli: "pair" })
  .describe("What shows it, such as commit=1a2b3c4, pr=URL, check=TEXT, deploy=HOST@SHA, probe=TEXT");

export const addEvidence = defineOperation({
  name: "evidence.add",
  summary: "Add evidence that an item is done.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  input: z.strictObject({ ...CHANGED_ITEM, evidence: EvidencePair }),
  output: ItemAnswer,
  errors: ["not_found", "lease_lost"],
  positional: ["ref", "evidence"],
  examples: [{ command: "sluice evidence add OB-12 deploy=web-1@1a2b3c4", does: "Record a deploy" }],
  run: async (context, input) =>
    await changeItem(context, input, async ({ store, caller }, id) =>
      store.items.addEvidence({ by: caller, id, ...input.evidence }),
    ),
});
