import type { KindClass } from "#domain/kind.ts";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { Claim } from "#operations/worker/claim-work.ts";
import { keepLease } from "./lease-keeper.ts";
import { findLooseReview, lookAround } from "./review/loose-review.ts";
import { pickRunners } from "./pick-runner.ts";
import { workerFacts } from "./worker-process.ts";
import { reviewItem } from "./review/review-item.ts";
import { openRun } from "./run/run-context.ts";
import { runItem } from "./run/run-item.ts";
import type { WorkSession } from "./work-session.ts";
import type { WorkerRunner } from "./worker-deps.ts";

/** What a slot did: `barred` found every runner's breaker open, `failed` could not look. */
export type Turn = "worked" | "nothing" | "barred" | "failed";

/** One turn of a slot: a review that nobody is at, else the next ready item of its class. */
export async function workOnce(session: WorkSession, kindClass: KindClass): Promise<Turn> {
  const around = await lookAround(session);
  const loose = findLooseReview(session, around);
  if (loose !== undefined && !session.busy.has(loose.id)) {
    await whileBusy(session, loose.id, () => reviewItem(session, loose));
    return "worked";
  }
  const picked = pickRunners(session, around);
  session.barredUntil = picked.kind === "none" ? picked.until : undefined;
  if (picked.kind === "none") return "barred";
  for (const runner of picked.runners) {
    const claim = await claimNext(session, runner, kindClass);
    if (claim === undefined) continue;
    await whileBusy(session, claim.run, () => workOnClaim(session, runner, claim));
    return "worked";
  }
  return "nothing";
}

async function whileBusy(session: WorkSession, runId: number, work: () => Promise<void>): Promise<void> {
  session.busy.add(runId);
  session.idle.clear();
  try {
    await work();
  } finally {
    session.busy.delete(runId);
    session.idle.clear();
    const before = session.nudge;
    session.nudge = new AbortController();
    before.abort();
  }
}

async function claimNext(
  { deps, options: { projectIds } }: WorkSession,
  runner: WorkerRunner,
  kindClass: KindClass,
): Promise<Claim | undefined> {
  const { claim } = await deps.port.claim({
    ...workerFacts(deps),
    ttl: deps.limits.leaseTtlMs,
    take: {
      from: "queue",
      runner: runner.name,
      projects: projectIds === undefined ? undefined : [...projectIds],
      class: kindClass,
      capabilities: [...runner.capabilities],
    },
  });
  return claim;
}

async function workOnClaim(session: WorkSession, runner: WorkerRunner, claim: Claim): Promise<void> {
  const { port } = session.deps;
  session.runs += 1;
  const lease = keepLease(session, {
    leaseId: claim.lease,
    ttlMs: session.deps.limits.leaseTtlMs,
    isOver: async () => {
      const { run } = await port.run({ run: runRef(claim.run) });
      return run.ended_at !== undefined || run.reported !== undefined;
    },
  });
  let record: Run | undefined;
  try {
    const run = await openRun(session, claim, { token: session.deps.token(), lease });
    record = await runItem({ ...run, runner });
  } catch (error) {
    await giveUp(session, claim, error);
    throw error;
  } finally {
    await lease.release();
  }
  if (record?.endedAt === null && record.reported !== null) await reviewItem(session, record);
}

/** A worker's own failure must not hold the item until its lease runs out. */
async function giveUp(session: WorkSession, claim: Claim, error: unknown): Promise<void> {
  const note = `The worker failed: ${error instanceof Error ? error.message : String(error)}`;
  const { port, host } = session.deps;
  const end = { kind: "end", outcome: "interrupted", note } as const;
  await port.end({ host, run: claim.run, end }).catch((refusal: unknown) => {
    // It has ended already, or the store is out of reach: then the lease ends by itself.
    if (!(refusal instanceof SluiceError)) throw refusal;
  });
}
