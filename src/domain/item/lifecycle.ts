import { SluiceError } from "#domain/errors.ts";

export const ITEM_STATES = ["open", "blocked", "review", "done", "dropped"] as const;
export type ItemState = (typeof ITEM_STATES)[number];

/** What an item in review waits for, in the order in which they pass. */
export const PHASES = ["verify", "human", "land", "await_git", "evidence"] as const;
export type Phase = (typeof PHASES)[number];

/** Every event that can move an item, and where it leads. What is absent here is refused. */
export const TRANSITIONS = {
  open: {
    claim: "open",
    heartbeat: "open",
    move: "open",
    amend: "open",
    ask: "open",
    decide: "open",
    release: "open",
    park: "open",
    block: "blocked",
    finish: "review",
    review: "review",
    close: "done",
    drop: "dropped",
  },
  blocked: {
    move: "blocked",
    amend: "blocked",
    unblock: "open",
    decide: "open",
    close: "done",
    drop: "dropped",
  },
  review: {
    advance: "review",
    settle: "done",
    return: "open",
    park: "open",
    block: "blocked",
    reopen: "open",
    close: "done",
    drop: "dropped",
  },
  done: { reopen: "open", unland: "review" },
  dropped: { reopen: "open" },
} as const satisfies Record<ItemState, Partial<Record<string, ItemState>>>;

declare const given: unique symbol;
/** A state that the table gave: the only one that a change of an item may write. */
export type GivenState = ItemState & { readonly [given]: true };

type Keys<T> = T extends unknown ? keyof T : never;
type ItemEvent = Keys<(typeof TRANSITIONS)[ItemState]>;

const TABLE: Readonly<Record<ItemState, Readonly<Partial<Record<string, ItemState>>>>> = TRANSITIONS;

/** States in which an event is possible: the `where state in (…)` of its update. */
function statesFor(event: ItemEvent): readonly ItemState[] {
  return ITEM_STATES.filter((state) => TABLE[state][event] !== undefined);
}

/** The state after an event. Refuses with `conflict` naming the current state and those in which it is possible. */
export function nextState(state: ItemState, event: ItemEvent, ref: string): GivenState {
  const next = TABLE[state][event];
  if (next !== undefined) return next as GivenState;
  const possible = statesFor(event);
  throw new SluiceError("conflict", `${event} is not possible while ${ref} is ${state}`, {
    hint: `It is possible in ${possible.join(", ")}; see what happened with: sluice log ${ref}`,
    details: { ref, state, event, possible },
  });
}

export const isClosed = (state: ItemState): boolean => state === "done" || state === "dropped";
