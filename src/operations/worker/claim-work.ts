import { z } from "zod";
import { PHASES } from "#domain/item/lifecycle.ts";
import { Capability, MOST_CAPABILITIES } from "#domain/text/bounded-text.ts";
import { Host } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import { asAgent, asWorker, FOR_WORKERS, LeaseId, Moment, RunId, Ttl } from "./fields.ts";

/** Name of a runner, as its actor's: `codex` is `ai:codex`. */
const Runner = z.string().min(1).max(200);
const Worker = z.strictObject({
  id: z.string().min(1).max(100).describe("Random per process"),
  identity: z.string().max(1_000).describe("The process on its machine: pid, start time, boot"),
});

export const reportWorker = defineOperation({
  ...FOR_WORKERS,
  name: "worker.report",
  summary: "Report that a worker is alive, and which runners and remotes failed.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    worker: Worker,
    stopped: z.boolean().default(false),
    breakers: z
      .array(z.strictObject({ runner: Runner, state: z.unknown() }))
      .max(100)
      .default([])
      .describe("Runners and remotes whose health changed"),
  }),
  output: z.object({}),
  run: async ({ store }, { host, worker, stopped, breakers }) => {
    await store.transaction(async ({ runs }) => {
      await runs.beat({ ...worker, host, actor: "system:worker", stopped });
      for (const { runner, state } of breakers) await runs.setBreaker({ runner, state });
    });
    return {};
  },
});

const Claimed = z.object({
  item: z.int(),
  project: z.int(),
  phase: z.enum(PHASES).nullable(),
  run: z.int(),
  lease: z.string(),
});

/** An item that a worker holds. */
export type Claim = Readonly<z.output<typeof Claimed>>;

export const claimWork = defineOperation({
  ...FOR_WORKERS,
  name: "worker.claim",
  summary: "Lease the next ready item for a runner, or a review that no worker holds.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    worker: Worker.optional(),
    ttl: Ttl,
    take: z.discriminatedUnion("from", [
      z.strictObject({
        from: z.literal("queue"),
        runner: Runner,
        projects: z.array(z.int()).optional(),
        class: z.enum(["core", "background"]).optional(),
        capabilities: z.array(Capability).max(MOST_CAPABILITIES * 2),
      }),
      z.strictObject({ from: z.literal("review"), run: RunId, phases: z.array(z.enum(PHASES)) }),
    ]),
  }),
  output: z.object({ claim: Claimed.optional() }),
  run: async (context, { host, worker, ttl: ttlMs, take }) => {
    const { claims } = context.store;
    const process = worker === undefined ? {} : { host, worker: worker.identity, workerId: worker.id };
    const claim =
      take.from === "queue"
        ? await claims.next({
            by: asAgent(context, host, `ai:${take.runner}`),
            filter: { projectIds: take.projects, class: take.class, capabilities: take.capabilities },
            ttlMs,
            runner: { runner: take.runner, ...process },
          })
        : await claims.takeReview({
            by: asWorker(context, host),
            runId: take.run,
            ttlMs,
            phases: take.phases,
            ...(worker === undefined ? {} : { runner: process }),
          });
    if (claim === undefined) return {};
    const { item, lease, runId } = claim;
    return {
      claim: { item: item.id, project: item.projectId, phase: item.phase, run: runId, lease: lease.id },
    };
  },
});

export const renewLease = defineOperation({
  ...FOR_WORKERS,
  name: "worker.renew",
  summary: "Renew the lease of a run or of a review.",
  effect: "write",
  input: z.strictObject({ host: Host, lease: LeaseId, ttl: Ttl }),
  output: z.object({ expires: Moment }),
  run: async (context, { host, lease, ttl }) => {
    const by = asWorker(context, host);
    const { expiresAt } = await context.store.claims.heartbeat({ by, leaseId: lease, ttlMs: ttl });
    return { expires: expiresAt };
  },
});
