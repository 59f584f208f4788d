import { describe, expect, test } from "bun:test";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { STARVED_AFTER_MS, starvation } from "#domain/schedule/starvation.ts";
import { claimsUntilAll, flood } from "#test/flood-bench.ts";
import { seeded } from "#test/seeded.ts";
import { agent, human, openTestStore, STORE_KINDS } from "#test/stores.ts";

const TTL_MS = 900_000;
/** A fifth of the rule's projects; all of them, a thousand times, in test/slow/fairness. */
const QUIET = 39;

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test("FR1 a flood of P1 keeps no other project waiting", async () => {
      const workspace = await openTestStore(kind, { random: seeded(1), synchronous: "normal" });
      try {
        const flooded = await flood(workspace.store, QUIET);
        expect(await claimsUntilAll(flooded)).toBeLessThanOrEqual(flooded.bound);
      } finally {
        await workspace.close();
      }
    });

    test("claims follow weights, and the report names who starves and who floods", async () => {
      const workspace = await openTestStore(kind, { random: seeded(2) });
      const { store } = workspace;
      try {
        const add = async (alias: string, weight: number, count: number) => {
          const { id: projectId } = await store.projects.add({ by: human(), alias, name: alias, weight });
          for (let n = 0; n < count; n += 1)
            await store.items.add({
              by: human(),
              item: {
                projectId,
                title: `${alias} ${n}`,
                kind: "research",
                spec: EMPTY_SPEC,
                lane: "autonomous_safe",
              },
            });
          return projectId;
        };
        const heavy = await add("heavy", 9, 60);
        await add("light", 1, 12);
        let heavyClaims = 0;
        for (let n = 0; n < 50; n += 1) {
          const claim = await store.claims.next({ by: agent(), filter: {}, ttlMs: TTL_MS, runner: {} });
          if (claim?.item.projectId === heavy) heavyClaims += 1;
        }
        expect(heavyClaims).toBeGreaterThan(37); // expectation 45, standard deviation 2.1
        workspace.advance(STARVED_AFTER_MS + 60_000);
        await add("fresh", 1, 90);
        const now = await store.now();
        const { projects } = await store.claims.pressure({ sinceMs: now - TTL_MS });
        const report = starvation(projects, now);
        expect(report.floods).toEqual(["fresh"]);
        expect(report.starved).toContain("light");
      } finally {
        await workspace.close();
      }
    });

    test("a claim for core kinds never gives a background one", async () => {
      const workspace = await openTestStore(kind);
      const { store } = workspace;
      try {
        const { id: projectId } = await store.projects.add({ by: human(), alias: "app", name: "App" });
        const made = await store.items.add({
          by: human(),
          item: { projectId, title: "Write it up", kind: "write", spec: EMPTY_SPEC, lane: "autonomous_safe" },
        });
        expect(
          await store.claims.next({ by: agent(), filter: {}, ttlMs: TTL_MS, runner: {} }),
        ).toBeUndefined();
        const claim = await store.claims.next({
          by: agent(),
          filter: { class: "background" },
          ttlMs: TTL_MS,
          runner: {},
        });
        expect(claim?.item.id).toBe(made.item.id);
      } finally {
        await workspace.close();
      }
    });
  });
