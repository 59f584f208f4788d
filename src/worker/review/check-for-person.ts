import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { CheckedResult, CheckPort } from "#operations/ports/checks.ts";
import type { Claim } from "#operations/ports/store/claim-store.ts";
import { barredStep } from "./bar-projects.ts";
import { checkCommit, checkMerge, type MergeCheck } from "./check-merge.ts";
import { keepLease } from "#worker/lease-keeper.ts";
import { openSession, type WorkSession, workerCaller } from "#worker/work-session.ts";
import type { ReviewContext } from "./review-context.ts";
import { openRun } from "#worker/run/run-context.ts";
import { targetRepos } from "#worker/run/run-places.ts";
import { targetTip } from "#worker/target-tip.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";

/** A heartbeat each third of it. */
const LEASE_MS = 60_000;

/** The check of a result that no worker's run left: a person asks for it, and the item stays where it is when it passes. */
export function checkForPerson(deps: WorkerDeps): CheckPort {
  return {
    check: async ({ itemId, runId, results }) => {
      const session = await openSession(deps, { runners: [], emit: () => {} });
      const by = workerCaller(session);
      const { claims, items } = deps.store;
      const { item, project } = await items.get({ id: itemId });
      const { notBefore } = item;
      const barred = await barredStep(session, project);
      if (barred !== undefined) throw new SluiceError("conflict", barred.note);
      const claim = await claims.takeReview({ by, runId, ttlMs: LEASE_MS, phases: ["await_git"] });
      if (claim === undefined || claim.item.id !== itemId) throw inReview(runId);
      const leaseId = claim.lease.id;
      const found = await whileHeld(session, claim, (review) => checkAll(review, results));
      if (found.kind !== "failed") {
        const note = found.kind === "passed" ? "The check passed" : undefined;
        await claims.leaveReview({ by, leaseId, note, notBeforeMs: notBefore ?? undefined });
        return found.kind;
      }
      await claims.return({ by, leaseId, id: itemId, outcome: found.outcome, reason: found.reason });
      return "failed";
    },
  };
}

type Found = { readonly kind: "passed" | "interrupted" } | (MergeCheck & { readonly kind: "failed" });

async function whileHeld(
  session: WorkSession,
  claim: Claim,
  work: (review: ReviewContext) => Promise<Found>,
): Promise<Found> {
  const by = workerCaller(session);
  const lease = keepLease(session, { by, leaseId: claim.lease.id, ttlMs: LEASE_MS });
  try {
    const run = await openRun(session, claim, { by, token: session.deps.token(), lease });
    return await work({ ...run, places: [], checked: new Map() });
  } catch (error) {
    await session.deps.store.claims.leaveReview({ by, leaseId: claim.lease.id });
    throw error;
  } finally {
    await lease.release();
  }
}

async function checkAll(review: ReviewContext, results: readonly CheckedResult[]): Promise<Found> {
  const { deps } = review.session;
  for (const target of await targetRepos(deps, review.detail)) {
    const head = results.find(({ repoId }) => repoId === target.repo.id)?.commit;
    if (head === undefined) continue;
    const tip = await targetTip(deps, target);
    const place = { ...target, dir: target.commonDir, runBranch: target.branch, base: tip };
    const merged = await checkMerge(review, place, { tip, head });
    // The person has landed it already, or the agent worked on the target itself.
    const result = merged.kind === "empty" ? await checkCommit(review, place, tip) : merged;
    if (result.kind === "failed") return result;
    if (result.kind === "interrupted") return { kind: "interrupted" };
  }
  return { kind: "passed" };
}

const inReview = (runId: number): SluiceError =>
  new SluiceError("conflict", `The result of ${runRef(runId)} is already under review, or has moved on`, {
    hint: `See: sluice run show ${runRef(runId)}`,
    details: { run: runRef(runId) },
  });
