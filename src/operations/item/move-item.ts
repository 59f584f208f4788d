import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { laneNamed } from "#domain/lane.ts";
import { LaneName } from "#operations/item/lane-field.ts";
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
    lane: LaneName.describe("Lane to move to"),
    reason: Line.optional().describe("Why, kept in the history"),
  }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: "sluice item move OB-12 --lane autonomous_safe", does: "Let agents work on it" }],
  run: async (context, input) =>
    await changeItem(context, input, async (own, id) => {
      const { store, caller } = own;
      const lane = await checkedLane(own, id, input.lane);
      return store.items.move({ by: caller, id, lane, reason: input.reason });
    }),
});

/** The lane that is meant, if the caller may move the item there. */
async function checkedLane(context: Context, id: number, named: string): Promise<string> {
  const { store, caller } = context;
  const lanes = await store.projects.lanes();
  const { name, role } = laneNamed(lanes, named);
  if (role === "agent") await requireProof(context, `let agents work on it in ${name}`);
  if (caller.authority !== "agent") return name;
  const { item } = await store.items.get({ id });
  if (laneNamed(lanes, item.lane).role === "agent" && role !== "agent") return name;
  throw new SluiceError("denied", `An agent cannot move an item from ${item.lane} to ${name}`, {
    hint: "Say in a note where it belongs, or hand it back with: sluice block LEASE --note TEXT",
    details: { needed: "the authority of a human", from: item.lane, to: name },
  });
}
