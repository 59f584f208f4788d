import { z } from "zod";
import { ITEM_STATES, PHASES } from "#domain/item/lifecycle.ts";
import { Host } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import { asWorker, FOR_WORKERS, ItemId, LeaseId, Moment, Pause, Text } from "./fields.ts";
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
    item: ItemId,
    note: Text.optional().describe("Kept unless it is the last one already"),
    pauseMs: Pause.optional().describe("Time until a worker looks at it again"),
    notBeforeMs: Moment.optional().describe("Until when, as it was before"),
  }),
  output: z.object({ item: Reviewed }),
  run: async (context, { host, lease: leaseId, item: id, note: body, pauseMs, notBeforeMs }) => {
    const { store } = context;
    const by = asWorker(context, host);
    const { notes } = await store.items.get({ id });
    // What was said last is not said again each time it is looked at; the newest remark is the one that holds.
    const note = notes.findLast(({ kind }) => kind === "review")?.body === body ? undefined : body;
    const until = pauseMs === undefined ? notBeforeMs : (await store.now()) + pauseMs;
    const detail = await store.claims.leaveReview({ by, leaseId, note, notBeforeMs: until });
    return { item: reviewed(detail) };
  },
});
