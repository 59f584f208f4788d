import type { RunHandle } from "#operations/ports/launcher.ts";
import type { Item } from "#domain/item/item.ts";
import type { RunContext } from "./run-context.ts";

/** Looks in one stall limit: a call is seen well before the agent would be taken for stalled. */
const LOOKS_PER_STALL = 4;

/** An agent that works silently but calls the backlog is alive: each call that moved its item, or renewed its lease, says so. */
export async function watchCalls(
  run: Pick<RunContext, "session" | "detail" | "leaseId" | "lease">,
  handle: Pick<RunHandle, "activity">,
  ended: AbortSignal,
): Promise<void> {
  const { store, limits, sleep } = run.session.deps;
  const { id } = run.detail.item;
  let seen = run.detail.item;
  while (!ended.aborted) {
    await sleep(limits.stallMs / LOOKS_PER_STALL, ended);
    if (ended.aborted) return;
    try {
      const { item } = await store.items.get({ id });
      if (item.leaseId !== run.leaseId) return;
      if (isCall(seen, item, run.lease.renewedUntil())) handle.activity();
      seen = item;
    } catch {
      // A busy store is no reason to end the run: the next look sees the same call.
    }
  }
}

function isCall(before: Item, after: Item, renewedUntil: number | undefined): boolean {
  const isOurs = after.leaseExpiresAt === before.leaseExpiresAt || after.leaseExpiresAt === renewedUntil;
  return after.eventN !== before.eventN || !isOurs;
}
