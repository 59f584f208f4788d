import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { coreOf } from "#store/create-store.ts";
import { openDatabase } from "#store/open-store.ts";
import { openFaults } from "#test/fault-bench.ts";
import { agent, human, STORE_KINDS } from "#test/stores.ts";

const bench = openFaults();

test("a write transaction on SQLite holds the write lock before its first write", async () => {
  const b = await bench("sqlite");
  const other = new Database(b.workspace.place);
  const opened = await openDatabase({ place: b.workspace.place });
  await coreOf(opened).write(human(), "look", async ({ tx }) => {
    await tx.selectFrom("item").select("id").execute();
    expect(() => other.run("begin immediate")).toThrow("locked");
  });
  other.run("begin immediate");
  other.run("rollback");
  other.close();
  await opened.db.destroy();
  await opened.dialect.close();
});

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test("a quick claim grows the fence and leaves its event", async () => {
      const b = await bench(kind);
      const { id } = await b.add();
      for (const fence of [1, 2]) {
        const made = await b.store.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });
        expect([made?.item.id, made?.lease.fence]).toEqual([id, fence]);
        await b.store.claims.release({ by: agent(), leaseId: made?.lease.id ?? "", note: "Again" });
      }
      const page = { limit: 20 };
      const told = await b.store.history.events({ stream: "item", streamId: id, newestFirst: false, page });
      expect(told.items.map(({ operation }) => operation)).toEqual([
        "add",
        "claim",
        "release",
        "claim",
        "release",
      ]);
    });

    test("a finish that meets other changes of its item tells both, one after the other", async () => {
      const b = await bench(kind);
      const other = await b.workspace.again();
      for (let round = 0; round < 8; round += 1) {
        const { id } = await b.add();
        const { lease } = await b.store.claims.item({ by: agent(), id, ttlMs: MIN_LEASE_MS, runner: {} });
        const edits = Array.from({ length: 4 }, (_, n) =>
          other.items.addEvidence({ by: human(), id, kind: "url", value: `https://example.org/${n}` }),
        );
        const finish = b.store.claims.finish({
          by: agent(),
          leaseId: lease.id,
          outcome: "changed",
          evidence: [],
        });
        await Promise.all([...edits, finish]);
      }
      expect(await b.findings()).toEqual([]);
    });
  });
