import { rmSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import { runRef } from "#domain/ref.ts";
import type { Claim } from "#operations/worker/claim-work.ts";
import type { ReviewedItem } from "#operations/worker/review-result.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { keepLease } from "#worker/lease-keeper.ts";
import { openRun } from "#worker/run/run-context.ts";
import { recordedPlaces } from "#worker/run/run-places.ts";
import type { WorkSession } from "#worker/work-session.ts";
import { workerFacts } from "#worker/worker-process.ts";
import { landStep } from "./land-step.ts";
import { deleteLandedBranches } from "./landed-branches.ts";
import { HUMAN_PAUSE_MS, type ReviewContext, type StepResult, untrustedStep } from "./review-context.ts";
import { verifyStep } from "./verify-step.ts";

/** Short, so that another host takes over soon after this one has vanished; a heartbeat each third of it. */
const REVIEW_LEASE_MS = 60_000;
/** When a review that failed for a reason of the machine's is tried again: 2 s, doubled each time it fails anew, at most 64 s. */
const RETRY_MS = 2_000;
const MAX_DOUBLINGS = 5;

/** What a worker does in each phase that is a worker's. */
const STEPS = { verify: verifyStep, land: landStep } as const satisfies Partial<
  Record<Phase, (review: ReviewContext) => Promise<StepResult>>
>;
type WorkerPhase = keyof typeof STEPS;

/** The phases a worker takes reviews in. */
export const WORKER_PHASES: readonly WorkerPhase[] = ["verify", "land"];

/** Takes a finished run through its phases until it is done, returned, or waits for somebody else. */
export async function reviewItem(
  session: WorkSession,
  record: Run,
  { isAsked = false }: Partial<Pick<ReviewContext, "isAsked">> = {},
): Promise<void> {
  const claim = await takeReview(session, record);
  if (claim === undefined) return;
  const lease = keepLease(session, { leaseId: claim.lease, ttlMs: REVIEW_LEASE_MS });
  try {
    // Without a marker nothing could be found again: a run that has none gets one for its checks.
    const token = record.token ?? session.deps.token();
    const { port, host } = session.deps;
    await port.record({ host, run: record.id, facts: { token } });
    const run = await openRun(session, claim, { token, lease });
    await endLeftovers(session, record);
    const places = await recordedPlaces(session.deps, run.work);
    await passPhases(claim, { ...run, places, checked: new Map(), isAsked });
  } catch (error) {
    await giveBack(session, claim, error);
  } finally {
    await lease.release();
  }
}

/** Nothing of the run may still write while it is reviewed. A worker has seen to the end of what it started itself. */
async function endLeftovers({ deps }: WorkSession, { token, workerId }: Run): Promise<void> {
  if (token !== null && workerId !== deps.workerId)
    await deps.launcher.endRunProcesses({ token, graceMs: deps.limits.graceMs });
}

async function passPhases(claim: Claim, review: ReviewContext): Promise<void> {
  const { session, places } = review;
  let phase: Phase | null = claim.phase;
  while (phase === "verify" || phase === "land") {
    const result = (await untrustedStep(session, places)) ?? (await STEPS[phase](review));
    if (review.lease.lost.aborted) {
      return session.options.emit({ type: "stopped", ...review.name, why: "its lease has ended" });
    }
    const item = await settle(review, phase, result);
    const goesOn = result.kind === "passed" && item.lease === review.leaseId;
    phase = goesOn ? item.phase : null;
  }
}

/** Records what a step found; answers the item as it is then. */
async function settle(review: ReviewContext, phase: WorkerPhase, result: StepResult): Promise<ReviewedItem> {
  const { port, host } = review.session.deps;
  const { emit } = review.session.options;
  const { leaseId: lease } = review;
  const { id } = review.detail.item;
  switch (result.kind) {
    case "passed": {
      const { note, to } = result;
      const { item } = await port.advance({ host, lease, item: id, phase, note, to });
      await afterAdvance(review, item, note);
      return item;
    }
    case "returned": {
      const { outcome, reason } = result;
      const { item } = await port.return({ host, lease, item: id, outcome, reason });
      emit({ type: "returned", ...review.name, outcome, reason });
      clearTemp(review);
      return item;
    }
    case "left": {
      const { note, pauseMs, forHuman } = result;
      if (forHuman === true) review.session.forHumans.add(review.runId);
      const { item } = await port.leave({ host, lease, item: id, note, pauseMs });
      const then = phase === "land" && forHuman === true ? `. Then: sluice land ${review.name.ref}` : "";
      emit({ type: "left", ...review.name, note: `${note}${then}` });
      return item;
    }
  }
}

async function afterAdvance(
  review: ReviewContext,
  item: ReviewedItem,
  note: string | undefined,
): Promise<void> {
  const { emit } = review.session.options;
  if (item.state === "done") {
    emit({ type: "done", ...review.name });
    clearTemp(review);
    await deleteLandedBranches(review, review.places);
  } else if (item.phase !== null && item.phase !== "land") {
    emit({ type: "waits", ...review.name, phase: item.phase, ...(note === undefined ? {} : { note }) });
    clearTemp(review);
  }
}

function clearTemp({ folder }: ReviewContext): void {
  rmSync(folder.temp, { recursive: true, force: true });
}

/**
 * A step that failed leaves the item where it is: to be tried again soon where the machine was the reason, and later where a
 * person has to do something first.
 */
async function giveBack(session: WorkSession, claim: Claim, error: unknown): Promise<void> {
  const code = error instanceof SluiceError ? error.code : "internal";
  const message = error instanceof Error ? error.message : String(error);
  session.options.emit({ type: "problem", code, message, run: runRef(claim.run) });
  if (code === "lease_lost") return;
  const { port, host } = session.deps;
  const mayPass = code === "unavailable" || code === "internal";
  if (!mayPass) session.forHumans.add(claim.run);
  if (mayPass) putOffRetry(session, claim.run);
  const pauseMs = mayPass ? undefined : HUMAN_PAUSE_MS;
  const { lease, item } = claim;
  const note = remark(error, message);
  await port.leave({ host, lease, item, note, pauseMs }).catch((refusal: unknown) => {
    if (!(refusal instanceof SluiceError)) throw refusal;
  });
}

/** What happened and what to do about it. */
const remark = (error: unknown, message: string): string =>
  error instanceof SluiceError && error.hint !== undefined ? `${message}. ${error.hint}` : message;

function putOffRetry({ deps, failures }: WorkSession, runId: number): void {
  const times = failures.get(runId)?.times ?? 0;
  const retryAt = deps.now() + RETRY_MS * 2 ** Math.min(times, MAX_DOUBLINGS);
  failures.set(runId, { times: times + 1, retryAt });
}

/** The lease that finishing handed to this very worker, or else one of its own; undefined where another has it. */
async function takeReview({ deps }: WorkSession, { id: run }: Run): Promise<Claim | undefined> {
  const take = { from: "review" as const, run, phases: [...WORKER_PHASES] };
  return (await deps.port.claim({ ...workerFacts(deps), ttl: REVIEW_LEASE_MS, take })).claim;
}
