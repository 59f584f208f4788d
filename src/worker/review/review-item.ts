import { rmSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import type { Phase } from "#domain/item/lifecycle.ts";
import { runRef } from "#domain/ref.ts";
import type { Claim } from "#operations/worker/claim-work.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
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
  const claim = await takeReview(session, record, { ttlMs: REVIEW_LEASE_MS, phases: WORKER_PHASES });
  if (claim === undefined) return;
  const lease = keepLease(session, { leaseId: claim.lease, ttlMs: REVIEW_LEASE_MS });
  try {
    // Without a marker nothing could be found again: a run that has none gets one for its checks.
    const token = record.token ?? session.deps.token();
    const { port, host } = session.deps;
    await port.record({ host, run: record.id, facts: { token } });
    const run = await openRun(session, claim, { token, lease });
    await endLeftovers(session, record);
    const places = await recordedPlaces(session.deps, run.detail, record);
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
      const { note, notBeforeMs, forHuman } = result;
      if (forHuman === true) review.session.forHumans.add(review.runId);
      const { item } = await port.leave({ host, lease, note: newNote(review.detail, note), notBeforeMs });
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

/** What was said last is not said again each time it is looked at; the newest remark is the one that holds. */
function newNote({ notes }: ItemDetail, note: string): string | undefined {
  return notes.findLast(({ kind }) => kind === "review")?.body === note ? undefined : note;
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
  const { store, port, host } = session.deps;
  const mayPass = code === "unavailable" || code === "internal";
  if (!mayPass) session.forHumans.add(claim.run);
  const now = await store.now();
  if (mayPass) putOffRetry(session, claim.run, now);
  const notBeforeMs = mayPass ? undefined : now + HUMAN_PAUSE_MS;
  const note = newNote(await store.items.get({ id: claim.item }), remark(error, message));
  await port.leave({ host, lease: claim.lease, note, notBeforeMs }).catch((refusal: unknown) => {
    if (!(refusal instanceof SluiceError)) throw refusal;
  });
}

/** What happened and what to do about it. */
const remark = (error: unknown, message: string): string =>
  error instanceof SluiceError && error.hint !== undefined ? `${message}. ${error.hint}` : message;

function putOffRetry({ failures }: WorkSession, runId: number, now: number): void {
  const times = failures.get(runId)?.times ?? 0;
  const retryAt = now + RETRY_MS * 2 ** Math.min(times, MAX_DOUBLINGS);
  failures.set(runId, { times: times + 1, retryAt });
}

interface ReviewRequest {
  readonly ttlMs: number;
  readonly phases: readonly Phase[];
}

/** The lease that finishing handed to this very worker, or else one of its own; undefined where another has it. */
async function takeReview(
  session: WorkSession,
  run: Run,
  request: ReviewRequest,
): Promise<Claim | undefined> {
  const handed = await handedLease(session, run, request);
  if (handed !== undefined) return handed;
  const { deps } = session;
  const { ttlMs: ttl, phases } = request;
  const take = { from: "review" as const, run: run.id, phases: [...phases] };
  const { claim } = await deps.port.claim({ ...workerFacts(deps), ttl, take });
  return claim;
}

async function handedLease(
  session: WorkSession,
  run: Run,
  { ttlMs, phases }: ReviewRequest,
): Promise<Claim | undefined> {
  const { port, host, store } = session.deps;
  const { item } = await store.items.get({ id: run.itemId });
  const isOurs = run.workerId === session.deps.workerId && item.leaseRunId === run.id;
  if (!isOurs || item.leaseId === null || item.phase === null || !phases.includes(item.phase))
    return undefined;
  try {
    await port.renew({ host, lease: item.leaseId, ttl: ttlMs });
    const { id, projectId: project, phase, leaseId: lease } = item;
    return { item: id, project, phase, run: run.id, lease };
  } catch (error) {
    if (error instanceof SluiceError && error.code === "lease_lost") return undefined;
    throw error;
  }
}
