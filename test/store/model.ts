import { MAX_ATTEMPTS, MAX_LOSSES } from "#domain/run/outcome.ts";
import { LANE, MINUTE } from "./each-store.ts";

/** What the rules of the lifecycle, the lease and the queue say of one item. Times are minutes of the model's clock. */
export interface ModelItem {
  state: "open" | "blocked" | "review" | "done" | "dropped";
  lane: string;
  /** Where an answer leads back to. */
  resume: string | null;
  granted: boolean;
  asked: boolean;
  /** The live lease. */
  lease: string | null;
  expires: number;
  attempts: number;
  losses: number;
  notBefore: number;
}

const LEASE_MINUTES = 10;
/** Longest of the two back-offs before an item is parked, rounded up. */
const BACKOFF_MINUTES = 2;

export const newItem = (): ModelItem => ({
  state: "open",
  lane: LANE.agent,
  resume: null,
  granted: true,
  asked: false,
  lease: null,
  expires: 0,
  attempts: 0,
  losses: 0,
  notBefore: 0,
});

export const isReady = (item: ModelItem, now: number): boolean =>
  item.state === "open" && item.lane === LANE.agent && item.lease === null && item.notBefore <= now;

/** Gives the item to a new lease. */
export function take(item: ModelItem, lease: string, now: number): void {
  Object.assign(item, { lease, expires: now + LEASE_MINUTES, notBefore: 0 });
}

/** What time alone does. */
export function passTime(item: ModelItem, now: number): void {
  if (item.lease !== null && item.expires <= now) lose(item, "interrupted", now);
}

function park(item: ModelItem): void {
  Object.assign(item, { resume: item.lane, lane: LANE.investigation, notBefore: 0 });
}

/** A run ended from outside. */
export function lose(
  item: ModelItem,
  outcome: "interrupted" | "check_failed" | "revoked",
  now: number,
): void {
  item.lease = null;
  if (outcome === "interrupted") item.losses += 1;
  if (outcome === "check_failed") {
    item.attempts += 1;
    item.notBefore = now + BACKOFF_MINUTES;
  }
  if (item.attempts >= MAX_ATTEMPTS || item.losses >= MAX_LOSSES) park(item);
}

/** What a holder does with its live lease. */
export const HOLDERS = {
  note: (item: ModelItem, now: number) => void (item.expires = now + LEASE_MINUTES),
  heartbeat: (item: ModelItem, now: number) => void (item.expires = now + LEASE_MINUTES),
  release: (item: ModelItem) => void (item.lease = null),
  finish: (item: ModelItem) => void Object.assign(item, { state: "review", lease: null }),
  block: (item: ModelItem) => void Object.assign(item, { state: "blocked", lease: null }),
  ask: (item: ModelItem) =>
    void Object.assign(item, { lease: null, resume: item.lane, lane: LANE.decision, asked: true }),
} as const;
export type HolderVerb = keyof typeof HOLDERS;

const notClosed = ({ state }: ModelItem) => state !== "done" && state !== "dropped";
const live = ({ state }: ModelItem) => state === "open" || state === "blocked";

/** What a person does: when it is possible, and what follows. */
export const PEOPLE = {
  close: { when: notClosed, does: (item) => ({ ...item, state: "done", lease: null }) },
  drop: { when: notClosed, does: (item) => ({ ...item, state: "dropped", lease: null }) },
  reopen: {
    when: (item) => !live(item),
    does: (item) => ({ ...newItem(), asked: item.asked, lane: LANE.triage, granted: false }),
  },
  block: {
    when: ({ state }) => state === "open" || state === "review",
    does: (item) => ({ ...item, state: "blocked", lease: null }),
  },
  unblock: {
    when: ({ state }) => state === "blocked",
    does: (item) => ({
      ...item,
      state: "open",
      lane: item.lane !== LANE.agent || item.granted ? item.lane : LANE.triage,
    }),
  },
  pass: { when: ({ state }) => state === "review", does: (item) => ({ ...item, state: "done" }) },
  return: { when: ({ state }) => state === "review", does: (item) => ({ ...item, state: "open" }) },
  decide: {
    when: (item) => live(item) && (item.asked || item.lane === LANE.decision),
    does: (item) => {
      const lane = item.resume ?? (item.asked ? item.lane : LANE.triage);
      const granted = item.granted || lane === LANE.agent;
      return { ...item, state: "open", lane, resume: null, granted, asked: false, lease: null };
    },
  },
  "to triage": {
    when: live,
    does: (item) => ({
      ...item,
      lane: LANE.triage,
      resume: null,
      ...(item.lane === LANE.agent ? { lease: null, granted: false } : {}),
    }),
  },
  "to agents": {
    when: live,
    does: (item) => ({ ...item, lane: LANE.agent, resume: null, granted: true }),
  },
} as const satisfies Record<
  string,
  { readonly when: (item: ModelItem) => boolean; readonly does: (item: ModelItem) => ModelItem }
>;
export type PersonVerb = keyof typeof PEOPLE;

export const LEASE_MS = LEASE_MINUTES * MINUTE;
