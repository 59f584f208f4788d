import type { ItemState } from "#domain/item/lifecycle.ts";
import { isClosed } from "#domain/item/lifecycle.ts";
import type { TodoChange, TodoEntry } from "#operations/ports/todo-format.ts";

export interface StatusChange {
  readonly change: Pick<TodoChange, "done" | "statusWord">;
  /** The file has a state that the item never was in: it is a person's, and stays. */
  readonly conflict: boolean;
}

const NOTHING: StatusChange = { change: {}, conflict: false };
const CONFLICT: StatusChange = { change: {}, conflict: true };

/**
 * What an item's state makes of its status in the file. People's own words for open work (`doing`, `deferred`) stay; a plain checkbox
 * has no words for blocked and review.
 * @param hasBeen asked only where the file says more than the item does: whether the item ever was in one of these states
 */
export async function statusChange(
  { done, statusWord }: TodoEntry,
  state: ItemState,
  hasBeen: (states: readonly ItemState[]) => Promise<boolean>,
): Promise<StatusChange> {
  if (isClosed(state)) {
    if (done && (statusWord === undefined || statusWord === state)) return NOTHING;
    return to(statusWord === undefined ? { done: true } : { statusWord: state });
  }
  if (done) return (await hasBeen(["done", "dropped"])) ? to({ done: false }) : CONFLICT;
  if (statusWord === undefined || statusWord === state) return NOTHING;
  if (statusWord === "blocked" || statusWord === "review")
    return (await hasBeen([statusWord])) ? to({ statusWord: state }) : CONFLICT;
  return state === "open" ? NOTHING : to({ statusWord: state });
}

const to = (change: StatusChange["change"]): StatusChange => ({ change, conflict: false });
