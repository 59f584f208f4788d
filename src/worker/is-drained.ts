import { hasComingReview } from "./loose-review.ts";
import type { WorkSession } from "./work-session.ts";

/** A back-off is waited for, up to its longest with jitter; what sleeps longer was put off by a person. */
const LONGEST_WAIT_MS = 17 * 60_000;

/** Live runs of this host that are looked at: more than one host's workers have. */
const LIVE_RUNS = 500;

/** Whether nothing is left that this worker could do by itself, now or after a back-off; what no runner may start is not waited for. */
export async function isDrained(session: WorkSession): Promise<boolean> {
  if (session.busy.size > 0) return false;
  const { store } = session.deps;
  const { timed, nextDueAt } = await store.claims.summary({ projectIds: session.options.projectIds });
  const now = await store.now();
  if (
    session.barredUntil === undefined &&
    timed > putOffNow(session).length &&
    nextDueAt !== null &&
    nextDueAt <= now + LONGEST_WAIT_MS
  )
    return false;
  return !(await hasComingReview(session)) && !(await areOthersAtWork(session));
}

/** Until when items are put off whose remote keeps silent, in the worker's time: nobody stays for them. */
export function putOffNow({ deps, putOffs }: WorkSession): readonly number[] {
  const now = deps.now();
  return [...putOffs.values()].filter((until) => until > now);
}

/** What another worker of this host is at may leave work: a prerequisite, an unblocked item, or its lease when it dies. */
async function areOthersAtWork({ deps, options }: WorkSession): Promise<boolean> {
  const { runs, items } = deps.store;
  const { items: live } = await runs.list({ live: true, host: deps.host, page: { limit: LIVE_RUNS } });
  const others = live.filter(({ workerId }) => workerId !== null && workerId !== deps.workerId);
  const { projectIds } = options;
  const details = await Promise.all(others.map(({ itemId }) => items.get({ id: itemId })));
  // A run whose check waits for a person has not ended either, and nobody is at it.
  return details.some(
    ({ item }) => item.leaseId !== null && (projectIds === undefined || projectIds.includes(item.projectId)),
  );
}
