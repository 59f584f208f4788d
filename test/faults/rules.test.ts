import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { auditChurn } from "#test/audit-churn.ts";
import { openFaults } from "#test/fault-bench.ts";
import { agent, human, STORE_KINDS } from "#test/stores.ts";

setDefaultTimeout(60_000);
const bench = openFaults();
const Claimed = z.object({ id: z.number().nullable() });

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test("sweeps, heartbeats, finishes and closings of blockers at once end, in any order of locks", async () => {
      const b = await bench(kind);
      const others = await Promise.all([b.workspace.again(), b.workspace.again()]);
      const root = await b.add();
      const items = [];
      for (let n = 0; n < 12; n += 1) items.push(await b.add({ blockedBy: n % 3 === 0 ? [root.id] : [] }));
      const leases = [];
      for (const { id } of items.filter((_, n) => n % 3 !== 0))
        leases.push(await b.store.claims.item({ by: agent(), id, ttlMs: MIN_LEASE_MS, runner: {} }));
      b.advance(MIN_LEASE_MS - 5);
      const calls = leases.flatMap(({ lease, item }, n) => {
        const by = agent("robot", lease.id);
        return [
          () => b.store.claims.heartbeat({ by, leaseId: lease.id }),
          () => b.store.items.note({ by: human(), id: item.id, body: "Still there?" }),
          () => b.store.claims.finish({ by, leaseId: lease.id, outcome: "changed", evidence: [] }),
          () =>
            others[n % 2]?.claims.next({ by: agent("codex"), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} }),
        ];
      });
      const close = () => b.store.items.close({ by: human(), id: root.id, reason: "Done", evidence: [] });
      const settled = await Promise.allSettled([close, ...calls].map(async (call) => call()));
      for (const one of settled)
        if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "lease_lost" });
      expect((await b.store.items.get({ id: root.id })).item.state).toBe("done");
      expect(await b.findings()).toEqual([]);
    });

    test("an endless stream of P1 lets a P4 wait no longer than its patience", async () => {
      const b = await bench(kind);
      const modest = await b.add({ priority: "P4" });
      const day = 86_400_000;
      let served = 0;
      for (let hours = 0; hours <= 8 * 24; hours += 12) {
        await b.add({ priority: "P1" });
        const made = await b.store.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });
        await b.store.items.drop({ by: human(), id: made?.item.id ?? 0, reason: "Served" });
        served = hours;
        if (made?.item.id === modest.id) break;
        b.advance(day / 2);
      }
      // Patience of P4 is three days later, of P1 one day earlier: it is passed by what comes within four days.
      expect([(await b.store.items.get({ id: modest.id })).item.state, served]).toEqual(["dropped", 4 * 24]);
    });

    test("a project that floods leaves another its share, and a bound of leases is exact under a race", async () => {
      const b = await bench(kind);
      const bounded = await b.store.projects.add({
        by: human(),
        alias: "small",
        name: "Small",
        maxLeases: 3,
      });
      for (let n = 0; n < 8; n += 1) await b.add({ projectId: bounded.id });
      const peers = await b.peers(6);
      for (const peer of peers) peer.send({ do: "claim" });
      const answers = await Promise.all(peers.map(async (peer) => Claimed.parse(await peer.read()).id));
      expect(answers.filter((id) => id !== null)).toHaveLength(3);
      await b.store.projects.edit({ by: human(), id: bounded.id, changes: { maxLeases: null } });
      for (let n = 0; n < 40; n += 1) await b.add({ priority: "P1" });
      const served: number[] = [];
      for (let n = 0; n < 30; n += 1) {
        const made = await b.store.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });
        if (made !== undefined) served.push(made.item.projectId);
      }
      // Of equal weight: five are left there, and not to get them in thirty draws has a chance of one in thirty thousand.
      expect(served.filter((id) => id === bounded.id)).toHaveLength(5);
    });

    test("after killed writers each change has one event with its actor and its run", async () => {
      const b = await bench(kind);
      await auditChurn(b, { writers: 2, lines: 24 });
    });

    test("of two who change the same version one is told, and both are in the history", async () => {
      const b = await bench(kind);
      const other = await b.workspace.again();
      const { id, version } = await b.add();
      const edit = (store: typeof other, title: string) =>
        store.items.edit({ by: human(), id, ifVersion: version, changes: { title } });
      const settled = await Promise.allSettled([edit(b.store, "Slate"), edit(other, "Tile")]);
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      const lost = settled.find((one) => one.status === "rejected");
      expect(lost?.reason).toMatchObject({ code: "conflict" });
      const page = { limit: 10 };
      const told = await b.store.history.events({ stream: "item", streamId: id, newestFirst: false, page });
      expect(told.items.filter(({ changes }) => "title" in changes)).toHaveLength(2);
    });
  });
