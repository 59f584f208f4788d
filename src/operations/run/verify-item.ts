import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { ItemRef, itemIdOf } from "#operations/item/item-ref.ts";
import { ItemAnswer, itemAnswer } from "#operations/item/item-view.ts";
import type { Context } from "#operations/context.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { verifyAttended } from "./verify-attended.ts";
import { defineOperation } from "#operations/operation.ts";

/** Who decides the phases that a person's word does not. */
const DECIDED_ELSEWHERE: Readonly<Partial<Record<Phase, string>>> = {
  verify: "Let a worker check it: sluice work --until-empty",
  land: "Let a worker land it: sluice work --until-empty",
  await_git: "Let git say it: sluice git scan",
};

export const verifyItem = defineOperation({
  name: "verify",
  summary: "Say that you looked at an item in review and it is good.",
  description:
    "Passes the phase `human` or `evidence`. Checks and landing are the worker's, who cannot be told that they passed. What an agent left without a worker is checked by this: the project's check runs here, and a result that fails goes back.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  place: "either",
  input: z.strictObject({ ref: ItemRef, note: Body.optional().describe("What you looked at") }),
  output: ItemAnswer,
  errors: ["not_found", "conflict"],
  positional: ["ref"],
  examples: [{ command: 'sluice verify OB-12 --note "Read the diff, tried it"', does: "Let it go on" }],
  run: async (context, { ref, note }) => {
    const { store, caller } = context;
    const id = await itemIdOf(store, ref);
    const detail = await store.items.get({ id });
    const { item } = detail;
    if (item.phase === null)
      throw new SluiceError("conflict", `${ref} is ${item.state}, only an item in review can be verified`, {
        hint: `See where it stands with: sluice why ${ref}`,
        details: { ref, state: item.state },
      });
    if (item.phase === "await_git") {
      const run = await reportedRun(context, id);
      if (run !== undefined && run.workerId === null)
        return await itemAnswer(store, await verifyAttended(context, detail, { run, ref }));
    }
    const hint = DECIDED_ELSEWHERE[item.phase];
    if (hint !== undefined)
      throw new SluiceError("conflict", `${ref} waits for ${item.phase}, which no person's word decides`, {
        hint,
        details: { ref, state: item.state, phase: item.phase },
      });
    return await itemAnswer(store, await store.claims.advance({ by: caller, id, phase: item.phase, note }));
  },
});

/** Runs of an item that are looked at for the one under review. */
const RUNS = 50;

/** The run whose result is under review. */
async function reportedRun({ store }: Context, itemId: number): Promise<Run | undefined> {
  const { items } = await store.runs.list({ itemId, page: { limit: RUNS } });
  return items.filter(({ reported }) => reported !== null).toSorted((a, b) => b.id - a.id)[0];
}
