import { SluiceError } from "#domain/errors.ts";
import type { KindClass } from "#domain/kind.ts";
import type { Isolation } from "#operations/ports/launcher.ts";
import { agentIsolation, checkIsolation } from "./run/confine.ts";
import type { WorkAround } from "#operations/worker/look-around.ts";
import { workOnce } from "./next-work.ts";
import { recover } from "./recovery/recover.ts";
import { sweepWorktrees } from "./recovery/sweep-worktrees.ts";
import { hasComingReview, lookAround } from "./review/loose-review.ts";
import { openSession, type WorkOptions, type WorkSession } from "./work-session.ts";
import type { WorkerDeps } from "./worker-deps.ts";
import type { WorkEnd } from "./worker-event.ts";
import { workerFacts } from "./worker-process.ts";

interface Worker {
  /**
   * Works until it is asked to end, or until nothing is left that it could do; answers why it ended. Rejects only where the store cannot
   * be used at all.
   */
  readonly run: (options: WorkOptions) => Promise<WorkEnd>;
}

interface Slot {
  readonly name: string;
  readonly kindClass: KindClass;
}

export function createWorker(deps: WorkerDeps): Worker {
  return { run: (options) => work(deps, options) };
}

async function work(deps: WorkerDeps, options: WorkOptions): Promise<WorkEnd> {
  if (options.runners.length === 0) {
    throw new SluiceError("invalid", "A worker needs at least one runner", { details: { field: "runner" } });
  }
  const session = openSession(deps, options);
  const slots = slotsOf(options);
  const background = slots.filter(({ kindClass }) => kindClass === "background").length;
  const { workerId: worker } = deps;
  const isolation = await commonIsolation(session);
  options.emit({ type: "started", worker, slots: slots.length - background, background, isolation });
  await beat(session);
  await recover(session);
  await sweepWorktrees(session);
  const ended = new AbortController();
  const rounds = keepRounds(session, ended.signal);
  try {
    await Promise.all(slots.map((slot) => workSlot(session, slot, slots.length)));
  } finally {
    ended.abort();
    await rounds;
    await beat(session, true);
  }
  const end = await endOf(session);
  options.emit({ type: "finished", ...end, runs: session.runs });
  return end;
}

/** Of projects that do not say otherwise. Refuses with `unavailable` where a project asks for what this machine cannot give. */
async function commonIsolation(session: WorkSession): Promise<Isolation> {
  const { deps } = session;
  for (const project of (await lookAround(session)).projects) {
    agentIsolation(deps, project);
    checkIsolation(deps, project);
  }
  return deps.launcher.isolation({ sandbox: "auto", network: true });
}

async function endOf(session: WorkSession): Promise<WorkEnd> {
  const { stop, drain, barredUntil } = session;
  if (stop.aborted) return { why: "stopped" };
  if (drain.aborted) return { why: "drained" };
  const { ready, timed } = await lookAround(session);
  if (barredUntil !== undefined && ready + timed > 0) return { why: "barred", until: barredUntil };
  const silent = putOffNow(session);
  return silent.length > 0 && timed > 0
    ? { why: "unreachable", until: Math.min(...silent) }
    : { why: "empty" };
}

function slotsOf({ slots = 1, backgroundSlots = 1 }: WorkOptions): readonly Slot[] {
  const make = (count: number, kindClass: KindClass): readonly Slot[] =>
    Array.from({ length: count }, (_, at) => ({ name: `${kindClass}-${at + 1}`, kindClass }));
  return [...make(slots, "core"), ...make(backgroundSlots, "background")];
}

async function workSlot(session: WorkSession, slot: Slot, slotCount: number): Promise<void> {
  const { deps, options } = session;
  while (!session.drain.aborted) {
    const turn = await guarded(session, () => workOnce(session, slot.kindClass), "failed");
    if (turn === "worked") continue;
    if (turn !== "failed") session.idle.add(slot.name);
    const areAllIdle = session.idle.size + session.left.size === slotCount;
    if (options.untilEmpty === true && areAllIdle && (await hasEnded(session, slot))) return;
    // Up to a tenth more, so that slots and workers do not ask in step.
    const pauseMs = deps.limits.pollMs * (1 + deps.random() / 10);
    await deps.sleep(pauseMs, AbortSignal.any([session.drain, session.nudge.signal]));
  }
}

/** What another finished between the last claim and the look at what is under way may be ready now: so one more claim. */
async function hasEnded(session: WorkSession, { name, kindClass }: Slot): Promise<boolean> {
  if (!(await guarded(session, () => isDrained(session), false))) return false;
  const turn = await guarded(session, () => workOnce(session, kindClass), "failed");
  if (turn === "worked" || turn === "failed") return false;
  session.idle.delete(name);
  session.left.add(name);
  return true;
}

/** A worker outlives what goes wrong in one turn: it says so, and tries again after the next pause. */
async function guarded<T>(session: WorkSession, turn: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await turn();
  } catch (error) {
    const code = error instanceof SluiceError ? error.code : "internal";
    const message = error instanceof Error ? error.message : String(error);
    session.options.emit({ type: "problem", code, message });
    return otherwise;
  }
}

/** Says that this worker lives, and looks for what dead ones left, until the slots are done. */
async function keepRounds(session: WorkSession, ended: AbortSignal): Promise<void> {
  while (!ended.aborted) {
    await session.deps.sleep(session.deps.limits.recoverEveryMs, ended);
    if (ended.aborted) return;
    await guarded(session, () => beat(session), undefined);
    await guarded(session, () => recover(session), undefined);
    await guarded(session, () => sweepWorktrees(session), undefined);
  }
}

async function beat(session: WorkSession, stopped = false): Promise<void> {
  const { deps } = session;
  await deps.port.report({ ...workerFacts(deps), stopped });
}

/** A back-off is waited for, up to its longest with jitter; what sleeps longer was put off by a person. */
const LONGEST_WAIT_MS = 17 * 60_000;

/** Whether nothing is left that this worker could do by itself, now or after a back-off; what no runner may start is not waited for. */
async function isDrained(session: WorkSession): Promise<boolean> {
  if (session.busy.size > 0) return false;
  const around = await lookAround(session);
  const { timed, nextDueAt, now } = around;
  if (
    session.barredUntil === undefined &&
    timed > putOffNow(session).length &&
    nextDueAt !== null &&
    nextDueAt <= now + LONGEST_WAIT_MS
  )
    return false;
  return !hasComingReview(session, around) && !(await areOthersAtWork(session, around));
}

/** Until when items are put off whose remote keeps silent, in the worker's time: nobody stays for them. */
function putOffNow({ deps, putOffs }: WorkSession): readonly number[] {
  const now = deps.now();
  return [...putOffs.values()].filter((until) => until > now);
}

/** What another worker of this host is at may leave work: a prerequisite, an unblocked item, or its lease when it dies. */
async function areOthersAtWork(
  { deps: { port, host, workerId: own }, options: { projectIds } }: WorkSession,
  { live }: WorkAround,
): Promise<boolean> {
  const others = live.filter(({ workerId }) => workerId !== null && workerId !== own);
  const opened = await Promise.all(others.map(({ id: run }) => port.open({ host, of: { run } })));
  // A run whose check waits for a person has not ended either, and nobody is at it.
  return opened.some(
    ({ detail: { item } }) =>
      item.leaseId !== null && (projectIds === undefined || projectIds.includes(item.projectId)),
  );
}
