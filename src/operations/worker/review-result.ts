import { z } from "zod";
import { ITEM_STATES, PHASES } from "#domain/item/lifecycle.ts";
import { Host } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import { asWorker, FOR_WORKERS, ItemId, LeaseId, Moment, Text } from "./fields.ts";
import { OutcomeField } from "./record-run.ts";

/** An item under review as it then is. */
const Reviewed = z.object({
  state: z.enum(ITEM_STATES),
  phase: z.enum(PHASES).nullable(),
  lease: z.string().nullable(),
});

export type ReviewedItem = Readonly<z.output<typeof Reviewed>>;

const reviewed = ({ item: { state, phase, leaseId } }: ItemDetail) => ({ state, phase, lease: leaseId });

export const advanceReview = defineOperation({
  ...FOR_WORKERS,
  name: "worker.advance",
  summary: "Pass the current phase of a review.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    lease: LeaseId,
    item: ItemId,
    phase: z.enum(PHASES),
    note: Text.optional(),
    to: z.enum(PHASES).optional().describe("Where the next phase is not the one in order"),
  }),
  output: z.object({ item: Reviewed }),
  run: async (context, { host, lease, item: id, phase, note, to }) => {
    const by = asWorker(context, host);
    return {
      item: reviewed(await context.store.claims.advance({ by, leaseId: lease, id, phase, note, to })),
    };
  },
});

export const returnReview = defineOperation({
  ...FOR_WORKERS,
  name: "worker.return",
  summary: "Send an item back to agents, with the reason.",
  effect: "write",
  input: z.strictObject({ host: Host, lease: LeaseId, item: ItemId, outcome: OutcomeField, reason: Text }),
  output: z.object({ item: Reviewed }),
  run: async (context, { host, lease, item: id, outcome, reason }) => {
    const by = asWorker(context, host);
    return { item: reviewed(await context.store.claims.return({ by, leaseId: lease, id, outcome, reason })) };
  },
});

export const leaveReview = defineOperation({
  ...FOR_WORKERS,
  name: "worker.leave",
  summary: "Release a review without a decision.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    lease: LeaseId,
    note: Text.optional(),
    notBeforeMs: Moment.optional().describe("When a worker looks at it again"),
  }),
  output: z.object({ item: Reviewed }),
  run: async (context, { host, lease, note, notBeforeMs }) => {
    const by = asWorker(context, host);
    const detail = await context.store.claims.leaveReview({ by, leaseId: lease, note, notBeforeMs });
    return { item: reviewed(detail) };
  },
});
