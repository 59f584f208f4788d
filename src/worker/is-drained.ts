import { hasComingReview } from "./loose-review.ts";
import type { WorkSession } from "./work-session.ts";

/** A back-off is waited for, up to its longest with jitter; what sleeps longer was put off by a person. */
const LONGEST_WAIT_MS = 17 * 60_000;

/** Whether nothing is left that this worker could do by itself, now or after a back-off. */
export async function isDrained(session: WorkSession): Promise<boolean> {
  if (session.busy.size > 0) return false;
  const { store } = session.deps;
  const { timed, nextDueAt } = await store.claims.summary({ projectIds: session.options.projectIds });
  const now = await store.now();
  if (timed > 0 && nextDueAt !== null && nextDueAt <= now + LONGEST_WAIT_MS) return false;
  return !(await hasComingReview(session));
}
