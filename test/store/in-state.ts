import { human } from "#test/stores.ts";
import type { Item } from "#domain/item/item.ts";
import type { Claim } from "#operations/ports/store/claim-store.ts";
import type { StoreBench } from "./each-store.ts";

/** The states of the lifecycle, with the lease told apart. */
export const SITUATIONS = ["open", "leased", "blocked", "review", "done", "dropped"] as const;
export type Situation = (typeof SITUATIONS)[number];

export interface Situated {
  readonly item: Item;
  /** The claim of `leased`; in `review` the claim that has finished. */
  readonly claim?: Claim;
}

/** A new item in one of the situations, brought there by calls of the store alone. `review` waits for a person. */
export async function inSituation(bench: StoreBench, situation: Situation): Promise<Situated> {
  const { id } = await bench.add();
  const { store } = bench;
  const by = human();
  switch (situation) {
    case "open":
      return { item: await bench.item(id) };
    case "leased": {
      const claim = await bench.claim(id);
      return { item: claim.item, claim };
    }
    case "blocked":
      return { item: (await store.claims.blockItem({ by, id, note: "No ladder" })).detail.item };
    case "review": {
      const claim = await bench.claim(id);
      const leaseId = claim.lease.id;
      const done = await store.claims.finish({
        by,
        leaseId,
        outcome: "no_change",
        note: "Dry",
        evidence: [],
      });
      return { item: done.item, claim };
    }
    case "done":
      return { item: (await store.items.close({ by, id, reason: "Mended", evidence: [] })).item };
    case "dropped":
      return { item: (await store.items.drop({ by, id, reason: "Sold" })).item };
  }
}
