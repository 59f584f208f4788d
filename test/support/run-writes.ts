import type { Caller } from "#domain/caller.ts";
import type { Store } from "#operations/ports/store.ts";
import { agent, worker } from "./stores.ts";

/** One write of a run, under a lease of an item. */
export type LeaseWrite = (store: Store, leaseId: string, itemId: number) => Promise<unknown>;

const inRun = (lease: string): Caller => agent("robot", lease);

/** Every kind of write that a run makes under its lease, with the same actor name each time. */
export const RUN_WRITES: Readonly<Record<string, LeaseWrite>> = {
  heartbeat: (store, leaseId) => store.claims.heartbeat({ by: inRun(leaseId), leaseId }),
  note: (store, leaseId, id) => store.items.note({ by: inRun(leaseId), id, body: "Half done" }),
  plan: (store, leaseId, id) => store.items.setPlan({ by: inRun(leaseId), id, body: "1. Look" }),
  evidence: (store, leaseId, id) =>
    store.items.addEvidence({ by: inRun(leaseId), id, kind: "commit", value: "abc" }),
  link: (store, leaseId, id) =>
    store.items.link({ by: inRun(leaseId), fromId: id, kind: "relates", toKind: "item", toId: id }),
  move: (store, leaseId, id) => store.items.move({ by: inRun(leaseId), id, lane: "requires_triage" }),
  propose: (store, leaseId, id) => proposeFor(store, leaseId, id),
  ask: (store, leaseId) =>
    store.claims.ask({ by: inRun(leaseId), leaseId, question: "Slate?", options: ["yes", "no"] }),
  block: (store, leaseId) => store.claims.block({ by: inRun(leaseId), leaseId, note: "No ladder" }),
  release: (store, leaseId) => store.claims.release({ by: inRun(leaseId), leaseId, note: "Not mine" }),
  finish: (store, leaseId) =>
    store.claims.finish({ by: inRun(leaseId), leaseId, outcome: "changed", evidence: [] }),
  park: (store, leaseId) =>
    store.claims.park({ by: worker(), leaseId, outcome: "no_change", note: "Premise is false" }),
};

/** Every kind of write of a worker at a review. */
export const REVIEW_WRITES: Readonly<Record<string, LeaseWrite>> = {
  heartbeat: (store, leaseId) => store.claims.heartbeat({ by: worker(), leaseId }),
  advance: (store, leaseId, id) => store.claims.advance({ by: worker(), leaseId, id, phase: "verify" }),
  return: (store, leaseId, id) =>
    store.claims.return({ by: worker(), leaseId, id, outcome: "check_failed", reason: "Red" }),
  leave: (store, leaseId) => store.claims.leaveReview({ by: worker(), leaseId }),
  park: (store, leaseId) =>
    store.claims.park({ by: worker(), leaseId, outcome: "tampered", note: "Hooks changed" }),
};

async function proposeFor(store: Store, leaseId: string, id: number): Promise<unknown> {
  const { item, spec } = await store.items.get({ id });
  return store.gate.propose({
    by: inRun(leaseId),
    proposal: {
      projectId: item.projectId,
      title: "Mend the gutter",
      spec,
      wishes: {},
      source: "agent",
      fingerprint: leaseId,
    },
  });
}
