import type { Item } from "#domain/item/item.ts";
import { isLeftToPerson } from "#operations/claim/next-step.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { isKnownDead } from "#worker/worker-process.ts";
import { WORKER_PHASES } from "./review-item.ts";
import type { WorkSession } from "#worker/work-session.ts";
import type { WorkAround } from "#operations/worker/look-around.ts";

/** What this worker must know before its next turn. */
export const lookAround = ({ deps: { port, host }, options }: WorkSession): Promise<WorkAround> =>
  port.look({
    host,
    projects: options.projectIds === undefined ? undefined : [...options.projectIds],
    phases: [...WORKER_PHASES],
    runners: options.runners.map(({ name }) => name),
  });

/** A finished run on this host whose review nobody is at: its worker died, or a person has just let it go on. */
export function findLooseReview(session: WorkSession, { reviews, now }: WorkAround): Run | undefined {
  return reviews.find(
    ({ item, run }) =>
      run !== undefined &&
      !isLeased(item, now) &&
      isForUs(session, run) &&
      isDue(session, run, item.notBefore ?? 0, now),
  )?.run;
}

/** Whether a review is under way, or will be taken up, within the time that somebody would wait for it. */
export function hasComingReview({ deps, forHumans }: WorkSession, { reviews, now }: WorkAround): boolean {
  return reviews.some(
    ({ item, run }) =>
      isLeased(item, now) || (!isLeftToPerson(item) && run?.host === deps.host && !forHumans.has(run.id)),
  );
}

/** What was left to a person is put right perhaps: a worker that has not tried it itself does so at once. */
function isDue(
  { deps, failures, forHumans }: WorkSession,
  { id }: Run,
  notBefore: number,
  now: number,
): boolean {
  const retryAt = failures.get(id)?.retryAt ?? 0;
  return retryAt <= deps.now() && (!forHumans.has(id) || notBefore <= now);
}

function isLeased({ leaseId, leaseExpiresAt }: Item, now: number): boolean {
  return leaseId !== null && (leaseExpiresAt ?? 0) > now;
}

/** Branches are on the host that ran it; a living worker looks after its own. */
function isForUs({ deps, busy }: WorkSession, run: Run): boolean {
  if (run.host !== deps.host || busy.has(run.id)) return false;
  return run.workerId === null || run.workerId === deps.workerId || isKnownDead(deps.launcher, run.worker);
}
