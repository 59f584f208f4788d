import type { Item } from "#domain/item/item.ts";
import { isLeftToPerson } from "#operations/claim/next-step.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { isKnownDead } from "#worker/worker-process.ts";
import { WORKER_PHASES } from "./review-item.ts";
import type { WorkSession } from "#worker/work-session.ts";
import { reportedRun } from "#operations/run/reported-run.ts";

/** Reviews looked at in one go. */
const PAGE = 200;

/** The items in a worker's phase, within the projects asked for. */
export async function workersReviews({ deps, options }: WorkSession): Promise<readonly Item[]> {
  const filter = { states: ["review"], phases: WORKER_PHASES } as const;
  const { items } = await deps.store.items.list({ filter, page: { limit: PAGE } });
  const { projectIds } = options;
  return items.filter(({ projectId }) => projectIds === undefined || projectIds.includes(projectId));
}

/** A finished run on this host whose review nobody is at: its worker died, or a person has just let it go on. */
export async function findLooseReview(session: WorkSession): Promise<Run | undefined> {
  const now = await session.deps.store.now();
  for (const item of await workersReviews(session)) {
    if (isLeased(item, now)) continue;
    const run = await reportedRun(session.deps.store, item.id);
    if (run !== undefined && isForUs(session, run) && isDue(session, run, item.notBefore ?? 0, now))
      return run;
  }
  return undefined;
}

/** Whether a review is under way, or will be taken up, within the time that somebody would wait for it. */
export async function hasComingReview(session: WorkSession): Promise<boolean> {
  const now = await session.deps.store.now();
  for (const item of await workersReviews(session)) {
    if (isLeased(item, now)) return true;
    if (isLeftToPerson(item)) continue;
    const run = await reportedRun(session.deps.store, item.id);
    if (run !== undefined && run.host === session.deps.host && !session.forHumans.has(run.id)) return true;
  }
  return false;
}

/** What was left to a person is put right perhaps: a worker that has not tried it itself does so at once. */
function isDue({ failures, forHumans }: WorkSession, { id }: Run, notBefore: number, now: number): boolean {
  const retryAt = failures.get(id)?.retryAt ?? 0;
  return retryAt <= now && (!forHumans.has(id) || notBefore <= now);
}

function isLeased({ leaseId, leaseExpiresAt }: Item, now: number): boolean {
  return leaseId !== null && (leaseExpiresAt ?? 0) > now;
}

/** Branches are on the host that ran it; a living worker looks after its own. */
function isForUs({ deps, busy }: WorkSession, run: Run): boolean {
  if (run.host !== deps.host || busy.has(run.id)) return false;
  return run.workerId === null || run.workerId === deps.workerId || isKnownDead(deps.launcher, run.worker);
}
