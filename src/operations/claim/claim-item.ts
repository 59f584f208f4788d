import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { DEFAULT_LEASE_MS } from "#domain/claim/lease-change.ts";
import { runRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { BriefBudget, briefOf } from "#operations/item/brief.ts";
import { ItemRef, itemIdOf, type RefOf, refWriter } from "#operations/item/item-ref.ts";
import { itemView, ItemView } from "#operations/item/item-view.ts";
import { groundOf } from "#operations/ground/ground-of.ts";
import { defineOperation } from "#operations/operation.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Claim } from "#operations/ports/store/claim-store.ts";
import { leaseView, LeaseView, TtlField } from "./lease-fields.ts";
import { QUEUE_FIELDS, queueFilter } from "./queue-filter.ts";
import { queueView } from "./queue-view.ts";

const Input = z.strictObject({
  ref: ItemRef.optional().describe("Item to claim; default the next ready one"),
  ttl: TtlField.default(DEFAULT_LEASE_MS),
  brief: z.boolean().optional().describe("Also answer the brief: the text that an agent starts from"),
  budget: BriefBudget,
  ...QUEUE_FIELDS,
});

export const claimItem = defineOperation({
  name: "claim",
  summary: "Lease an item: the next ready one, or the one named.",
  description:
    "The lease id in the answer is the right to write for this run; pass it with every call, or set SLUICE_LEASE.",
  effect: "write",
  authority: "work",
  toolset: "agent",
  input: Input,
  output: z.object({
    item: ItemView,
    lease: LeaseView,
    run: z.object({ ref: z.string() }),
    brief: z.string().optional(),
  }),
  errors: ["not_found", "conflict", "nothing_ready", "denied"],
  positional: ["ref"],
  examples: [
    { command: "sluice claim", does: "Lease the next ready item for 15 minutes" },
    { command: "sluice claim OB-12 --ttl 1h", does: "Lease this one for an hour" },
  ],
  run: async (context, input) => {
    const { store } = context;
    refuseWithin(context);
    const claim = await (input.ref === undefined
      ? claimNext(context, input)
      : claimNamed(context, input.ref, input.ttl));
    const [detail, refOf] = await Promise.all([store.items.get({ id: claim.item.id }), refWriter(store)]);
    return {
      item: itemView(detail, refOf),
      lease: leaseView(claim.lease),
      run: { ref: runRef(claim.runId) },
      brief: input.brief === true ? await handoff(context, detail, refOf, input.budget) : undefined,
    };
  },
});

/** A second lease would outlive its run: nobody would work under it, and it would keep others from the item. */
function refuseWithin({ caller: { run } }: Context): void {
  if (run === undefined) return;
  throw new SluiceError("denied", `A run can only claim its own item, and the caller is ${run}`, {
    hint: "Finish, block or release the run's item; file what else you found with: sluice propose -t TITLE",
    details: { run, needed: "a process outside of any run", has: run },
  });
}

async function handoff(context: Context, detail: ItemDetail, refOf: RefOf, budgetTokens: number) {
  const { repos, premises } = await groundOf(context, detail);
  return await briefOf(context.store, detail, refOf, { budgetTokens, ending: "next_step", repos, premises });
}

async function claimNamed({ store, caller }: Context, ref: string, ttlMs: number): Promise<Claim> {
  const id = await itemIdOf(store, ref);
  return await store.claims.item({ by: caller, id, ttlMs, runner: { host: caller.host } });
}

async function claimNext(context: Context, input: z.output<typeof Input>): Promise<Claim> {
  const { store, caller } = context;
  const filter = await queueFilter(context, input);
  const runner = { host: caller.host };
  const claim = await store.claims.next({ by: caller, filter, ttlMs: input.ttl, runner });
  if (claim !== undefined) return claim;
  throw nothingReady(queueView(await store.claims.summary({ projectIds: filter.projectIds })));
}

const projects = ({ length }: readonly unknown[]): string => (length === 1 ? "project" : "projects");

/** Says in one sentence what everything waits for, and in `details.why` the counts. */
export function nothingReady(why: ReturnType<typeof queueView>): SluiceError {
  const waiting = Object.values(why.waiting_on_humans).reduce((sum, count) => sum + count, 0);
  const parts = [
    [why.paused.length, "paused"],
    [why.over_budget.length, `${projects(why.over_budget)} over budget`],
    [why.at_bound.length, `${projects(why.at_bound)} at the limit of leases`],
    [why.archived, "in archived projects"],
    [why.leased, "leased"],
    [why.held, "held"],
    [why.blocked, "blocked"],
    [why.timed, "waiting for a time"],
    [why.in_review, "in review"],
    [waiting, "waiting on people"],
    [why.at_gate, "at the gate"],
  ] as const;
  const counts = parts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  const tail = counts.length === 0 ? "the backlog is empty" : counts.join(", ");
  const next = why.next_due_at === undefined ? "" : ` The next one is due at ${why.next_due_at}.`;
  return new SluiceError("nothing_ready", `Nothing is ready: ${tail}`, {
    hint: `Wait with: sluice wait --timeout 10m.${next}`,
    details: { why },
  });
}
