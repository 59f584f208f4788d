import { describe, expect, test } from "bun:test";
import { claimsUntilAll, flood } from "#test/flood-bench.ts";
import { rawSql } from "#test/raw-sql.ts";
import { seeded } from "#test/seeded.ts";
import { openTestStore, STORE_KINDS } from "#test/stores.ts";

/** Seeded runs on each database. A run is some 205 claims. */
const RUNS = Number(process.env["SLUICE_FAIRNESS_RUNS"] ?? 1_000);
/** Every item back in the queue, without a claim's and a release's cost: what is measured is the draw. */
const FREE_ALL = `update item set q = 1, wake_at = null, lease_id = null, holder = null, lease_run_id = null, lease_acquired_at = null, lease_expires_at = null, lease_ttl_ms = null
  where lease_id is not null`;
const LONGEST_MS = 30 * 60_000;

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test(
      `FR1 in ${RUNS} seeded runs a flood of P1 keeps no other project waiting`,
      async () => {
        let random = seeded(0);
        const workspace = await openTestStore(kind, { random: () => random(), synchronous: "normal" });
        try {
          const flooded = await flood(workspace.store);
          const worst = { seed: 0, claims: 0 };
          for (let seed = 1; seed <= RUNS; seed += 1) {
            random = seeded(seed);
            const claims = await claimsUntilAll(flooded);
            if (claims > worst.claims) Object.assign(worst, { seed, claims });
            await rawSql(workspace.place, FREE_ALL);
          }
          expect(worst.claims, `seed ${worst.seed}`).toBeLessThanOrEqual(flooded.bound);
        } finally {
          await workspace.close();
        }
      },
      LONGEST_MS,
    );
  });
