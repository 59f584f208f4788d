import type { ItemState } from "#domain/item/lifecycle.ts";
import type { HistoryEvent } from "#operations/ports/store/history-store.ts";
import type { Page } from "#operations/ports/store/page.ts";
import type { Store } from "#operations/ports/store.ts";

/** Entries of the history read at a time. */
const PAGE = 200;

/** Whether the history says that an item ever was in one of the states. */
export async function hasBeen(store: Store, itemId: number, states: readonly ItemState[]): Promise<boolean> {
  const wanted = new Set<unknown>(states);
  let cursor: string | null = null;
  do {
    const page: Page<HistoryEvent> = await store.history.events({
      stream: "item",
      streamId: itemId,
      newestFirst: true,
      page: { limit: PAGE, cursor: cursor ?? undefined },
    });
    const found = page.items.some(({ changes: { state } }) =>
      Array.isArray(state) ? state.some((one) => wanted.has(one)) : wanted.has(state),
    );
    if (found) return true;
    cursor = page.next;
  } while (cursor !== null);
  return false;
}
