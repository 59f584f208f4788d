import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { REPORTED_OUTCOMES } from "#domain/run/outcome.ts";
import { Body } from "#domain/text/bounded-text.ts";
import { EvidencePair } from "#operations/item/add-evidence.ts";
import { defineOperation } from "#operations/operation.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { LeaseId, leaseOf } from "./lease-fields.ts";
import { unnamed } from "./next-step.ts";
import { recordCommits } from "./record-commits.ts";
import { RunAnswer, runAnswer } from "./run-answer.ts";

export const finish = defineOperation({
  name: "finish",
  summary: "Report a result; the item goes to review.",
  description: "The item is not done yet: a check that the agent cannot edit, and git, decide that.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: z.strictObject({
    lease: LeaseId,
    outcome: z.enum(REPORTED_OUTCOMES).default("changed").describe("How it ended"),
    evidence: z.array(EvidencePair).max(50).optional(),
    note: Body.optional().describe("What was done; required for no_change and already_satisfied"),
  }),
  output: RunAnswer.extend({
    /** What is missing so that git can settle it: no commit names the item. */
    hint: z.string().optional(),
  }),
  errors: ["lease_lost", "conflict"],
  positional: ["lease"],
  examples: [
    { command: 'sluice finish LEASE --note "Signature is checked, test added"', does: "Report a change" },
    {
      command:
        'sluice finish LEASE --outcome already_satisfied --note "Fixed by 1a2b3c4" --evidence commit=1a2b3c4',
      does: "Report that nothing was left to do",
    },
  ],
  run: async (context, input) => {
    const { store, caller } = context;
    const { outcome, note, evidence = [] } = input;
    const leaseId = leaseOf(context, input.lease);
    if (outcome !== "changed" && (note ?? "").trim() === "")
      throw new SluiceError("invalid", `note is missing, ${outcome} needs a reason`, {
        hint: `Say why: sluice finish LEASE --outcome ${outcome} --note TEXT`,
        details: { field: "note", accepted: "text that says why" },
      });
    const { item, runId } = await store.claims.finish({ by: caller, leaseId, outcome, note, evidence });
    const [detail, run] = await Promise.all([
      store.items.get({ id: item.id }),
      store.runs.get({ id: runId }),
    ]);
    const after = await recordCommits(context, detail, run);
    const answer = await runAnswer(store, { detail: after, run });
    return isUnnamed(after, run) ? { ...answer, hint: unnamed(answer.item.ref) } : answer;
  },
});

/** A result of an agent that no worker started, of which no commit is known: nothing would ever settle it. */
const isUnnamed = ({ item, evidence }: ItemDetail, { startedAt, workerId, reported }: Run): boolean =>
  item.phase === "await_git" &&
  workerId === null &&
  reported === "changed" &&
  !evidence.some(({ kind, at }) => at >= startedAt && (kind === "commit" || kind === "pr"));
