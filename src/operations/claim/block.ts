import { z } from "zod";
import { candidateRef } from "#domain/ref.ts";
import { SluiceError } from "#domain/errors.ts";
import { Body, Line, Title } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import { ItemRef, itemIdOf, refWriter } from "#operations/item/item-ref.ts";
import { itemView, ItemView } from "#operations/item/item-view.ts";
import { defineOperation } from "#operations/operation.ts";
import { runView, RunView } from "#operations/run/run-view.ts";
import { LeaseId, leaseOf } from "./lease-fields.ts";

const Input = z.strictObject({
  lease: LeaseId,
  note: Body.refine((text) => text.trim() !== "", "text that says what blocks it").describe(
    "What blocks it: expected, found, where",
  ),
  prerequisite: Title.optional().describe("Title of the work that must come first; it is filed and linked"),
  body: Body.optional().describe("Text of that work").meta({ cli: "file" }),
  item: ItemRef.optional().describe("Block this item without a lease (a person's)"),
  amendProblem: Body.optional().describe("New problem text, applied once the prerequisite is done"),
  amendSteps: z.array(Line).max(200).optional().describe("New step, applied once the prerequisite is done"),
  amendRisks: z.array(Line).max(200).optional().describe("New risk, applied once the prerequisite is done"),
});
type Input = z.output<typeof Input>;

export const block = defineOperation({
  name: "block",
  summary: "Block an item with a written reason, and file what must come first.",
  description: "Blocking is a valid result: it frees the claim, and the note is the handoff to the next run.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: Input,
  output: z.object({
    item: ItemView,
    run: RunView.optional(),
    prerequisite: z
      .object({ kind: z.enum(["item", "candidate"]), ref: z.string(), title: z.string() })
      .optional(),
  }),
  errors: ["lease_lost", "not_found", "conflict", "limited"],
  positional: ["lease"],
  examples: [
    {
      command:
        'sluice block LEASE --note "Sessions have no user id" --prerequisite "Add user_id to sessions"',
      does: "Hand back, with what must come first",
    },
  ],
  run: async (context, input) => {
    const { store } = context;
    const { detail, run, prerequisite } = await blockBy(context, input);
    const refOf = await refWriter(store);
    return {
      item: itemView(detail, refOf),
      run: run === null ? undefined : runView(run, refOf),
      prerequisite:
        prerequisite === null
          ? undefined
          : {
              kind: prerequisite.kind,
              ref: prerequisite.kind === "item" ? refOf(prerequisite.id) : candidateRef(prerequisite.id),
              title: prerequisite.title,
            },
    };
  },
});

async function blockBy(context: Context, input: Input) {
  const { store, caller } = context;
  const prerequisite =
    input.prerequisite === undefined ? undefined : { title: input.prerequisite, body: input.body };
  const { amendProblem: problem, amendSteps: steps, amendRisks: risks } = input;
  const onlyWith = { body: input.body, amendProblem: problem, amendSteps: steps, amendRisks: risks };
  const lone = Object.entries(onlyWith).find(([, value]) => value !== undefined)?.[0];
  if (lone !== undefined && prerequisite === undefined) throw needsPrerequisite(lone);
  if (input.item !== undefined && lone !== undefined && lone !== "body")
    throw new SluiceError(
      "invalid",
      `${lone} cannot be combined with item: only the item's holder gives it`,
      {
        hint: "Change the item itself with: sluice item edit",
        details: { field: lone, accepted: "only under the item's lease" },
      },
    );
  if (input.item !== undefined) return await blockFreely(context, input.item, input.note, prerequisite);
  const amends = problem !== undefined || steps !== undefined || risks !== undefined;
  return await store.claims.block({
    by: caller,
    leaseId: leaseOf(context, input.lease),
    note: input.note,
    prerequisite,
    amendment: amends ? { problem, steps, risks } : undefined,
  });
}

/** The end of the prerequisite is what applies a change of the item: without one nothing ever would. */
const needsPrerequisite = (field: string): SluiceError =>
  new SluiceError("invalid", `${field} needs prerequisite`, {
    hint: "Name what must come first with: --prerequisite TITLE",
    details: { field, accepted: "only together with prerequisite" },
  });

async function blockFreely(
  { store, caller }: Context,
  ref: string,
  note: string,
  prerequisite: { title: string; body?: string | undefined } | undefined,
) {
  if (caller.authority === "agent")
    throw new SluiceError("denied", "An agent blocks an item only under its lease", {
      hint: "Claim it first, or say what you found with: sluice note REF TEXT",
      details: { needed: "a lease, or the authority of a human" },
    });
  const id = await itemIdOf(store, ref);
  return await store.claims.blockItem({ by: caller, id, note, prerequisite });
}
