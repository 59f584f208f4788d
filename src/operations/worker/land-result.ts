import { z } from "zod";
import { Host } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import { asWorker, FOR_WORKERS, ItemId, LeaseId, RunId, Ttl } from "./fields.ts";

const Name = z.string().min(1).max(4_096);
const Target = z.strictObject({ repoId: z.int(), target: Name });

export const intendLanding = defineOperation({
  ...FOR_WORKERS,
  name: "worker.intend",
  summary: "Take the right to land on a target, and record what is about to be put there.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    run: RunId,
    item: ItemId,
    on: Target,
    tip: Name.describe("Tip of the target that the merge was built on"),
    merge: Name,
    ttl: Ttl.describe("After which another may land there, milliseconds"),
  }),
  output: z.object({
    /** Absent while another lands there. */
    landing: z.object({ id: z.int(), lock: z.string() }).optional(),
  }),
  run: async (context, { host, run, item, on, tip, merge, ttl }) => {
    const by = asWorker(context, host);
    const landing = await context.store.transaction(async ({ runs }) => {
      const lock = await runs.lockTarget({ by, ...on, ttlMs: ttl });
      if (lock === undefined) return undefined;
      const { leaseId } = lock;
      const { id } = await runs.intend({ by, leaseId, ...on, runId: run, itemId: item, tip, merge });
      return { id, lock: leaseId };
    });
    return { landing };
  },
});

export const settleLanding = defineOperation({
  ...FOR_WORKERS,
  name: "worker.settle",
  summary: "Record what came of a landing, and let others land.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    landing: z.int().positive(),
    state: z.enum(["landed", "abandoned"]).optional().describe("Absent where it is not known"),
    lock: z.strictObject({ ...Target.shape, lease: LeaseId }).optional(),
  }),
  output: z.object({}),
  run: async (context, { host, landing, state, lock }) => {
    const by = asWorker(context, host);
    await context.store.transaction(async ({ runs }) => {
      if (state !== undefined) await runs.settleLanding({ by, id: landing, state });
      if (lock === undefined) return;
      const { lease: leaseId, ...on } = lock;
      await runs.unlockTarget({ ...on, leaseId });
    });
    return {};
  },
});
