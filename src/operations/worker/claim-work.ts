import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { type Phase, PHASES } from "#domain/item/lifecycle.ts";
import { admitRun, afterRun, type BreakerState, parseBreaker } from "#domain/runner/breaker.ts";
import { Capability, MOST_CAPABILITIES } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import { Host, record } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { RunStore } from "#operations/ports/store/run-store.ts";
import { asAgent, asWorker, FOR_WORKERS, LeaseId, Moment, RunId, Runner, Ttl } from "./fields.ts";

const Worker = z.strictObject({
  id: z.string().min(1).max(100).describe("Random per process"),
  identity: z.string().max(1_000).describe("The process on its machine: pid, start time, boot"),
});

/** What happened to a runner, or to a remote. */
const Met = z.strictObject({
  runner: Runner,
  /** It is about to start, or how it then did. */
  step: z.enum(["starts", "healthy", "runner_failed", "unknown"]),
  at: Moment.describe("In the worker's time"),
});

export const reportWorker = defineOperation({
  ...FOR_WORKERS,
  name: "worker.report",
  summary: "Report that a worker is alive, and how its runners and remotes are.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    worker: Worker,
    stopped: z.boolean().default(false),
    runners: z.array(Met).max(100).default([]),
  }),
  output: z.object({
    runners: z.array(
      z.object({
        /** When it may be started; absent where it may be now. */
        retryAt: z.number().optional(),
        breaker: record<BreakerState>(),
        changed: z.boolean(),
      }),
    ),
  }),
  run: async ({ store }, { host, worker, stopped, runners }) => ({
    runners: await store.transaction(async ({ runs }) => {
      await runs.beat({ ...worker, host, actor: "system:worker", stopped });
      const met = [];
      for (const one of runners) met.push(await meet(runs, one));
      return met;
    }),
  }),
});

async function meet(runs: RunStore, { runner, step, at }: z.output<typeof Met>) {
  const before = parseBreaker(await runs.breaker({ runner }));
  const admitted = step === "starts" ? admitRun(before, at) : undefined;
  if (admitted?.admit === false) return { retryAt: admitted.retryAt, breaker: before, changed: false };
  const breaker = step === "starts" ? (admitted?.next ?? before) : afterRun(before, step, at);
  const changed = JSON.stringify(breaker) !== JSON.stringify(before);
  if (changed) await runs.setBreaker({ runner, state: breaker });
  return { breaker, changed };
}

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
    if (take.from === "review") {
      const handed = await handedReview(context, { host, workerId: worker?.id, ttlMs, take });
      if (handed !== undefined) return { claim: handed };
    }
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

type Take = Readonly<{ run: number; phases: readonly Phase[] }>;

/** The lease that finishing handed to this very worker, renewed; undefined where it has none. */
async function handedReview(
  context: Context,
  {
    host,
    workerId,
    ttlMs,
    take,
  }: {
    readonly host: string;
    readonly workerId: string | undefined;
    readonly ttlMs: number;
    readonly take: Take;
  },
): Promise<Claim | undefined> {
  const { runs, items, claims } = context.store;
  const run = await runs.get({ id: take.run });
  if (workerId === undefined || run.workerId !== workerId) return undefined;
  const {
    id,
    projectId: project,
    phase,
    leaseId: lease,
    leaseRunId,
  } = (await items.get({ id: run.itemId })).item;
  if (leaseRunId !== run.id || lease === null || phase === null || !take.phases.includes(phase))
    return undefined;
  try {
    await claims.heartbeat({ by: asWorker(context, host), leaseId: lease, ttlMs });
    return { item: id, project, phase, run: run.id, lease };
  } catch (error) {
    if (error instanceof SluiceError && error.code === "lease_lost") return undefined;
    throw error;
  }
}

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
