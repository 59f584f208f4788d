import { parseActor } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import type { Store } from "#operations/ports/store.ts";

const LEASE_MS = 15 * 60_000;

export const agentCaller: Caller = {
  actor: parseActor("ai:bench"),
  auth: "asserted",
  authority: "agent",
  interface: "test",
  host: "here",
};

export async function claimOnce(store: Store, by: Caller = agentCaller): Promise<string> {
  const claim = await store.claims.next({ by, filter: {}, ttlMs: LEASE_MS, runner: {} });
  if (claim === undefined) throw new Error("The fixture ran out of ready items");
  return claim.lease.id;
}

/** Claims and finishes, the one under the lease of the other. */
export const storeSteps = (store: Store, by: Caller = agentCaller) => ({
  claim: () => claimOnce(store, by),
  finish: (leaseId: string) => store.claims.finish({ by, leaseId, outcome: "changed", evidence: [] }),
});
