import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { ItemState } from "#domain/item/lifecycle.ts";
import type { CheckedResult, CheckPort, LandedForPerson } from "#operations/ports/checks.ts";
import { requireRun } from "#operations/worker/open-work.ts";
import type { Claim } from "#operations/worker/claim-work.ts";
import { untrustedStep } from "./review-context.ts";
import { checkCommit, checkMerge, type MergeCheck } from "./check-merge.ts";
import { keepLease } from "#worker/lease-keeper.ts";
import { openSession, type WorkSession } from "#worker/work-session.ts";
import type { ReviewContext } from "./review-context.ts";
import { openRun } from "#worker/run/run-context.ts";
import { targetRepos } from "#worker/run/run-places.ts";
import { targetTip } from "#worker/target-tip.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";
import type { WorkerEvent } from "#worker/worker-event.ts";
import { reviewItem } from "./review-item.ts";

/** A heartbeat each third of it. */
const LEASE_MS = 60_000;

/**
 * What a person asks of a worker's parts: the check of a result that no worker's run left, after which the item stays where it is, and the
 * landing of one that waits.
 */
export function checkForPerson(deps: WorkerDeps): CheckPort {
  return {
    land: async ({ runId }) => {
      const events: WorkerEvent[] = [];
      const session = openSession(deps, { runners: [], emit: (event) => events.push(event) });
      const open = () => deps.port.open({ host: deps.host, of: { run: runId } });
      await reviewItem(session, requireRun(await open()), { isAsked: true });
      if (events.length === 0) throw inReview(runId);
      return whatCameOf(events, (await open()).detail.item.state);
    },
    check: async ({ itemId, runId, results }) => {
      const session = openSession(deps, { runners: [], emit: () => {} });
      const { port, host } = deps;
      const opened = await port.open({ host, of: { run: runId } });
      const { notBefore } = opened.detail.item;
      const untrusted = await untrustedStep(session, await targetRepos(deps, opened));
      if (untrusted !== undefined) throw new SluiceError("conflict", untrusted.note);
      const take = { from: "review", run: runId, phases: ["await_git"] } as const;
      const { claim } = await port.claim({
        host,
        ttl: LEASE_MS,
        take: { ...take, phases: [...take.phases] },
      });
      if (claim === undefined || claim.item !== itemId) throw inReview(runId);
      const { lease } = claim;
      const found = await whileHeld(session, claim, (review) => checkAll(review, results));
      if (found.kind !== "failed") {
        const note = found.kind === "passed" ? "The check passed" : undefined;
        await port.leave({ host, lease, item: itemId, note, notBeforeMs: notBefore ?? undefined });
        return found.kind;
      }
      await port.return({ host, lease, item: itemId, outcome: found.outcome, reason: found.reason });
      return "failed";
    },
  };
}

function whatCameOf(events: readonly WorkerEvent[], state: ItemState): LandedForPerson {
  const commits = events.flatMap((event) =>
    event.type === "landed" ? [{ repo: event.repo, target: event.target, commit: event.commit }] : [],
  );
  if (state === "done") return { kind: "landed", commits };
  const kind = state === "review" ? "waits" : "returned";
  const said = events.findLast(({ type }) => NOTED.has(type));
  return { kind, note: said && wordsOf(said), commits };
}

function wordsOf(event: WorkerEvent): string | undefined {
  if ("note" in event) return event.note;
  if ("reason" in event) return event.reason;
  return "message" in event ? event.message : undefined;
}

/** Events that say why a result has not landed. */
const NOTED = new Set<WorkerEvent["type"]>(["left", "waits", "returned", "problem"]);

type Found = { readonly kind: "passed" | "interrupted" } | (MergeCheck & { readonly kind: "failed" });

async function whileHeld(
  session: WorkSession,
  claim: Claim,
  work: (review: ReviewContext) => Promise<Found>,
): Promise<Found> {
  const { port, host } = session.deps;
  const lease = keepLease(session, { leaseId: claim.lease, ttlMs: LEASE_MS });
  try {
    const run = await openRun(session, claim, { token: session.deps.token(), lease });
    return await work({ ...run, places: [], checked: new Map(), isAsked: true });
  } catch (error) {
    await port.leave({ host, lease: claim.lease, item: claim.item });
    throw error;
  } finally {
    await lease.release();
  }
}

async function checkAll(review: ReviewContext, results: readonly CheckedResult[]): Promise<Found> {
  const { deps } = review.session;
  for (const target of await targetRepos(deps, review.work)) {
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
