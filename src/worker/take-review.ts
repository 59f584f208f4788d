import { SluiceError } from "#domain/errors.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import type { Claim } from "#operations/ports/store/claim-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { formatIdentity } from "./process-identity.ts";
import { workerCaller, type WorkSession } from "./work-session.ts";

export interface ReviewRequest {
  readonly ttlMs: number;
  readonly phases: readonly Phase[];
}

/** The lease that finishing handed to this very worker, or else one of its own; undefined where another has it. */
export async function takeReview(
  session: WorkSession,
  run: Run,
  request: ReviewRequest,
): Promise<Claim | undefined> {
  const handed = await handedLease(session, run, request);
  if (handed !== undefined) return handed;
  const { deps } = session;
  const { host, workerId } = deps;
  const runner = { host, workerId, worker: formatIdentity(deps.identity) };
  return deps.store.claims.takeReview({ by: workerCaller(session), runId: run.id, ...request, runner });
}

async function handedLease(
  session: WorkSession,
  run: Run,
  { ttlMs, phases }: ReviewRequest,
): Promise<Claim | undefined> {
  const { claims, items } = session.deps.store;
  const { item } = await items.get({ id: run.itemId });
  const isOurs = run.workerId === session.deps.workerId && item.leaseRunId === run.id;
  if (!isOurs || item.leaseId === null || item.phase === null || !phases.includes(item.phase))
    return undefined;
  try {
    const lease = await claims.heartbeat({ by: workerCaller(session), leaseId: item.leaseId, ttlMs });
    return { item, lease, runId: run.id };
  } catch (error) {
    if (error instanceof SluiceError && error.code === "lease_lost") return undefined;
    throw error;
  }
}
