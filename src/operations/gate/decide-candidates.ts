import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { LaneName, namedLane } from "#operations/item/lane-field.ts";
import { Title, Body } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import { callerName } from "#operations/invoke.ts";
import { commandsOf, withCommandsOf } from "#operations/item/approve-commands.ts";
import { ItemCard, itemCard } from "#operations/item/item-card.ts";
import { refWriter, ItemRef, itemIdOf } from "#operations/item/item-ref.ts";
import { itemView, ItemView } from "#operations/item/item-view.ts";
import { defineOperation } from "#operations/operation.ts";
import {
  CandidateRefs,
  candidateIdOf,
  candidateIdsOf,
  candidateView,
  CandidateView,
  CandidateRef,
} from "./candidate-view.ts";

const AT_GATE = {
  effect: "write",
  authority: "decide",
  toolset: "operator",
  errors: ["not_found", "conflict"],
} as const;

const Input = z.strictObject({
  candidates: CandidateRefs.describe("Candidates to approve"),
  lane: LaneName.optional().describe("Lane of the items; default the triage lane"),
  title: Title.optional()
    .describe("Better title, for a single candidate; the original is kept")
    .meta({ short: "t" }),
  withCommands: z.boolean().optional().describe("Approve the commands in their premises and triggers too"),
});

export const approveCandidates = defineOperation({
  ...AT_GATE,
  name: "gate.approve",
  summary: "Approve candidates: each becomes an item.",
  description: "Commands inside a candidate stay unapproved, and never run, unless you pass --with-commands.",
  input: Input,
  output: z.object({ approved: z.array(z.object({ candidate: CandidateView, item: ItemCard })) }),
  positional: ["candidates"],
  examples: [
    {
      command: "sluice gate approve C-7 C-8 --lane autonomous_safe",
      does: "Let agents work on two candidates",
    },
    { command: "sluice gate approve C-1..C-28", does: "Approve what waits of these, for triage" },
  ],
  run: async (context, input) => {
    const { store } = context;
    const ids = await known(context, input.candidates);
    checkRequest(input, ids);
    const lane = await namedLane(context.store, input.lane);
    const refOf = await refWriter(store);
    const approved = [];
    for (const id of ids) {
      const { candidate, detail } = await approveOne(context, { ...input, lane: lane?.name }, id);
      approved.push({
        candidate: candidateView(candidate, refOf),
        item: itemCard(detail.item, detail.project, refOf),
      });
    }
    return { approved };
  },
});

/**
 * All are looked up before the first is decided, so that a mistyped ref changes nothing. Of a range only what waits is meant: what was
 * decided before, or is not there, is passed over.
 */
async function known({ store }: Context, candidates: readonly string[]): Promise<readonly number[]> {
  const ids: number[] = [];
  for (const [id, { inRange }] of candidateIdsOf(candidates)) {
    try {
      const { state } = await store.gate.get({ id });
      if (!inRange || state === "pending") ids.push(id);
    } catch (error) {
      if (!inRange || !(error instanceof SluiceError) || error.code !== "not_found") throw error;
    }
  }
  if (ids.length > 0) return ids;
  throw new SluiceError("not_found", `No candidate of ${candidates.join(", ")} waits at the gate`, {
    hint: "See what does with: sluice gate list",
  });
}

function checkRequest(input: z.output<typeof Input>, ids: readonly number[]) {
  if (input.title === undefined || ids.length === 1) return;
  throw new SluiceError("invalid", "title cannot be combined with several candidates", {
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

export const rejectCandidates = defineOperation({
  ...AT_GATE,
  name: "gate.reject",
  summary: "Reject candidates.",
  description: "For 90 days the same proposal is answered with this rejection, and files nothing.",
  input: z.strictObject({
    candidates: CandidateRefs.describe("Candidates to reject"),
    reason: Body.describe("Why; whoever proposes it again reads this"),
  }),
  output: z.object({ rejected: z.array(CandidateView) }),
  positional: ["candidates"],
  examples: [{ command: 'sluice gate reject C-7 --reason "Works as intended"', does: "Reject it" }],
  run: async (context, { candidates, reason }) => {
    const { store, caller } = context;
    const ids = await known(context, candidates);
    const refOf = await refWriter(store);
    const rejected = [];
    for (const id of ids)
      rejected.push(candidateView(await store.gate.reject({ by: caller, id, reason }), refOf));
    return { rejected };
  },
});

export const mergeCandidate = defineOperation({
  ...AT_GATE,
  name: "gate.merge",
  summary: "Merge a candidate into the item that it duplicates.",
  description: "Its text becomes a note on the item, and links that named the candidate follow.",
  input: z.strictObject({
    candidate: CandidateRef,
    into: ItemRef.describe("Item that it is a duplicate of"),
    reason: Body.optional().describe("Why they are the same"),
  }),
  output: z.object({ candidate: CandidateView, item: ItemView }),
  positional: ["candidate"],
  examples: [{ command: "sluice gate merge C-7 --into OB-2", does: "Merge a duplicate" }],
  run: async ({ store, caller }, { candidate, into, reason }) => {
    const intoId = await itemIdOf(store, into);
    const merged = await store.gate.merge({ by: caller, id: candidateIdOf(candidate), intoId, reason });
    const refOf = await refWriter(store);
    const detail = await store.items.get({ id: intoId });
    return { candidate: candidateView(merged, refOf), item: itemView(detail, refOf) };
  },
});
