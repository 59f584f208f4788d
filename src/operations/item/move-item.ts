import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { laneNamed } from "#domain/lane.ts";
import { Line } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import { defineOperation } from "#operations/operation.ts";
import { requireProof } from "#operations/unproven-person.ts";
import { CHANGED_ITEM, changeItem } from "./change-item.ts";
import { ItemAnswer } from "./item-view.ts";

export const moveItem = defineOperation({
  name: "item.move",
  summary: "Move an item to another lane.",
  description:
    "A human moves anywhere; an agent only out of a lane whose role is agent, into one whose role is not. Leaving such a lane ends a lease.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  input: z.strictObject({
    ...CHANGED_ITEM,
    lane: z.string().max(64).describe("Lane to move to"),
    reason: Line.optional().describe("Why, kept in the history"),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: "sluice item move OB-12 --lane autonomous_safe", does: "Let agents work on it" }],
  run: async (context, input) =>
    await changeItem(context, input, async (own, id) => {
      await checkMove(own, id, input.lane);
      const { store, caller } = own;
      return store.items.move({ by: caller, id, lane: input.lane, reason: input.reason });
    }),
});

async function checkMove(context: Context, id: number, lane: string): Promise<void> {
  const { store, caller } = context;
  const lanes = await store.projects.lanes();
  const to = laneNamed(lanes, lane);
  if (to.role === "agent") await requireProof(context, `let agents work on it in ${lane}`);
  if (caller.authority !== "agent") return;
  const { item } = await store.items.get({ id });
  if (laneNamed(lanes, item.lane).role === "agent" && to.role !== "agent") return;
  throw new SluiceError("denied", `An agent cannot move an item from ${item.lane} to ${lane}`, {
    hint: "Say in a note where it belongs, or hand it back with: sluice block LEASE --note TEXT",
    details: { needed: "the authority of a human", from: item.lane, to: lane },
  });
}
