import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { candidateRef } from "#domain/ref.ts";
import { candidateView, CandidateView } from "#operations/gate/candidate-view.ts";
import { refWriter, streamOf } from "#operations/item/item-ref.ts";
import { itemView, ItemView } from "#operations/item/item-view.ts";
import { defineOperation } from "#operations/operation.ts";

const UndoneView = z.object({ ref: z.string(), entry: z.int(), operation: z.string() });

export const undoChange = defineOperation({
  name: "undo",
  summary: "Undo your last change of an item or candidate.",
  description:
    "Undoes edits, moves, bumps, snoozes, drops, links and rejections, each as a change of its own; a second call undoes the change before. Refused where the same field has changed since.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: z.strictObject({
    ref: z.string().max(40).optional().describe("Item or candidate; default whichever you changed last"),
    entry: z.int().min(1).optional().describe("Number of the entry in its history, instead of the last"),
  }),
  output: z.object({
    undone: UndoneView,
    item: ItemView.optional(),
    candidate: CandidateView.optional(),
  }),
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [
    { command: "sluice undo", does: "Undo your last change" },
    { command: "sluice undo OB-12 --entry 5", does: "Undo one change of an item" },
  ],
  run: async ({ store, caller }, { ref, entry }) => {
    if (entry !== undefined && ref === undefined)
      throw new SluiceError("invalid", "entry needs ref: the item or candidate that the entry belongs to", {
        details: { field: "entry", accepted: "only together with ref" },
      });
    const of = ref === undefined ? undefined : await streamOf(store, ref);
    const target = of === undefined ? {} : { stream: of.stream, streamId: of.id };
    const { stream, id, n, operation } = await store.history.undo({ by: caller, ...target, n: entry });
    const refOf = await refWriter(store);
    const undone = { entry: n, operation };
    if (stream === "item")
      return { undone: { ref: refOf(id), ...undone }, item: itemView(await store.items.get({ id }), refOf) };
    const candidate = candidateView(await store.gate.get({ id }), refOf);
    return { undone: { ref: candidateRef(id), ...undone }, candidate };
  },
});
