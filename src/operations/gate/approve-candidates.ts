import { z } from "zod";
import { laneNamed } from "#domain/lane.ts";
import { Title } from "#domain/text/bounded-text.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import { callerName } from "#operations/invoke.ts";
import { commandsOf, withCommandsOf } from "#operations/item/approve-commands.ts";
import { ItemCard, itemCard } from "#operations/item/item-card.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { CandidateRefs, candidateIdOf, candidateView, CandidateView } from "./candidate-view.ts";

const Input = z.strictObject({
  candidates: CandidateRefs.describe("Candidates to approve"),
  lane: z.string().max(64).optional().describe("Lane of the items; default the triage lane"),
  title: Title.optional()
    .describe("Better title, for a single candidate; the original is kept")
    .meta({ short: "t" }),
  withCommands: z.boolean().optional().describe("Approve the commands in their premises and triggers too"),
});

export const approveCandidates = defineOperation({
  name: "gate.approve",
  summary: "Approve candidates: each becomes an item.",
  description: "Commands inside a candidate stay unapproved, and never run, unless you pass --with-commands.",
  effect: "write",
  authority: "decide",
  toolset: "operator",
  input: Input,
  output: z.object({ approved: z.array(z.object({ candidate: CandidateView, item: ItemCard })) }),
  errors: ["not_found", "conflict"],
  positional: ["candidates"],
  examples: [
    {
      command: "sluice gate approve C-7 C-8 --lane autonomous_safe",
      does: "Let agents work on two candidates",
    },
  ],
  run: async (context, input) => {
    const { store } = context;
    const ids = [...new Set(input.candidates.map(candidateIdOf))];
    await checkRequest(context, input, ids);
    const refOf = await refWriter(store);
    const approved = [];
    for (const id of ids) {
      const { candidate, detail } = await approveOne(context, input, id);
      approved.push({
        candidate: candidateView(candidate, refOf),
        item: itemCard(detail.item, detail.project, refOf),
      });
    }
    return { approved };
  },
});

/** All are checked before the first is approved, so that a mistyped ref changes nothing. */
async function checkRequest({ store }: Context, input: z.output<typeof Input>, ids: readonly number[]) {
  if (input.lane !== undefined) laneNamed(await store.projects.lanes(), input.lane);
  await Promise.all(ids.map((id) => store.gate.get({ id })));
  if (input.title === undefined || ids.length === 1) return;
  throw new SluiceError("invalid", "title is given for several candidates, accepted is one candidate", {
    hint: "Approve it by itself",
    details: { field: "title", accepted: "a single candidate" },
  });
}

async function approveOne(context: Context, input: z.output<typeof Input>, id: number) {
  const { store, caller } = context;
  const { lane, title, withCommands } = input;
  const { spec } = await store.gate.get({ id });
  const approves = withCommands === true && commandsOf(spec).length > 0;
  const { premises, trigger } = withCommandsOf(spec, callerName(context));
  return await store.gate.approve({
    by: caller,
    id,
    lane,
    title,
    spec: approves ? { premises, ...(trigger === undefined ? {} : { trigger }) } : undefined,
  });
}
