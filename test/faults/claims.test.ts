import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { openFaults } from "#test/fault-bench.ts";
import { agent, human, STORE_KINDS } from "#test/stores.ts";

const bench = openFaults();
const Claimed = z.object({ code: z.string(), id: z.number().nullish(), lease: z.string().optional() });
const LIMIT_MS = 60_000;

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test(
      "FM1 of 2 and of 8 processes of one name released at once on one item exactly one wins",
      async () => {
        const b = await bench(kind);
        const peers = await b.peers(8);
        for (const count of [2, 8]) {
          const { id } = await b.add();
          const racing = peers.slice(0, count);
          for (const peer of racing) peer.send({ do: "claim", id });
          const answers = await Promise.all(racing.map(async (peer) => Claimed.parse(await peer.read())));
          const codes = answers.map(({ code }) => code).toSorted();
          expect(codes).toEqual([...Array.from({ length: count - 1 }, () => "conflict"), "written"]);
        }
        for (const count of [2, 8]) {
          const wanted: number[] = [];
          for (let n = 0; n < count - 1; n += 1) wanted.push((await b.add()).id);
          for (const peer of peers.slice(0, count)) peer.send({ do: "claim" });
          const answers = await Promise.all(
            peers.slice(0, count).map(async (peer) => Claimed.parse(await peer.read())),
          );
          const ids = answers.flatMap(({ id }) => (typeof id === "number" ? [id] : []));
          expect(ids.toSorted((x, y) => x - y)).toEqual(wanted);
          expect(new Set(answers.map(({ lease }) => lease)).size).toBe(count);
        }
        expect(await b.findings()).toEqual([]);
      },
      LIMIT_MS,
    );

    test("a claimed item is offered again by no other way while its lease lives", async () => {
      const b = await bench(kind);
      const { id } = await b.add({ priority: "P1" });
      const { store } = b;
      const { lease } = await store.claims.item({ by: agent(), id, ttlMs: MIN_LEASE_MS, runner: {} });
      const by = human();
      const touches = [
        () => store.items.edit({ by, id, changes: { title: "Mend it well", priority: "P1", labels: ["x"] } }),
        () => store.items.bump({ by, id }),
        () => store.items.note({ by, id, body: "Please hurry" }),
        () => store.items.addEvidence({ by, id, kind: "url", value: "https://example.org" }),
        () => store.items.snooze({ by, id, untilMs: null }),
        () => store.claims.heartbeat({ by: agent("robot", lease.id), leaseId: lease.id }),
      ];
      for (const touch of touches) {
        await touch().catch((error: unknown) => expect(error).toMatchObject({ code: "conflict" }));
        expect(await store.claims.peek({ filter: {} })).toBeUndefined();
        expect(await store.claims.countReady({ filter: {} })).toBe(0);
        expect(
          await store.claims.next({ by: agent("codex"), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} }),
        ).toBeUndefined();
        expect((await store.items.get({ id })).item.leaseId).toBe(lease.id);
      }
    });

    test("a claim leases one row, also where the planner may only nest loops", async () => {
      const b = await bench(kind);
      const flags = ["hashjoin", "mergejoin", "material", "hashagg"].map((name) => `-c enable_${name}=off`);
      const nested = `${b.workspace.place}&options=${encodeURIComponent(flags.join(" "))}`;
      const store = kind === "sqlite" ? b.store : await b.workspace.again({ place: nested });
      for (let n = 0; n < 30; n += 1) await b.add();
      for (let n = 1; n <= 20; n += 1) {
        await store.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });
        const leased = await b.store.items.list({ filter: { leased: true }, page: { limit: 100 } });
        expect(leased.items).toHaveLength(n);
      }
    });

    test("a keyed call whose answer was lost is repeated and has one effect", async () => {
      const b = await bench(kind);
      const [peer] = await b.peers(1);
      const key = "k1";
      peer?.send({ do: "addAndDie", projectId: b.projectId, key });
      await peer?.ended;
      const list = async () => (await b.store.items.list({ filter: {}, page: { limit: 10 } })).items;
      const [made] = await list();
      const work = () => Promise.reject(new Error("the work of a repeated call is not done again"));
      const call = { by: human(), key, operation: "item.add", inputHash: "the same", work };
      expect(await b.store.once(call)).toEqual(made?.id);
      expect(await list()).toHaveLength(1);
    });

    test(
      "the same wish filed by eight processes at once is one candidate",
      async () => {
        const b = await bench(kind);
        const peers = await b.peers(8);
        for (const key of ["a", "b", "c"]) {
          for (const peer of peers) peer.send({ do: "propose", projectId: b.projectId, key });
          const Filed = z.object({ code: z.literal("written"), id: z.number(), filed: z.boolean() });
          const answers = await Promise.all(peers.map(async (peer) => Filed.parse(await peer.read())));
          expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
          expect(answers.filter(({ filed }) => filed)).toHaveLength(1);
        }
        expect((await b.store.gate.list({ page: { limit: 50 } })).items).toHaveLength(3);
      },
      LIMIT_MS,
    );

    test("a finish whose answer was lost is repeated, answers the first result and is done once", async () => {
      const b = await bench(kind);
      const { id } = await b.add();
      const [peer] = await b.peers(1);
      peer?.send({ do: "claim" });
      const { lease = "" } = Claimed.parse(await peer?.read());
      peer?.send({ do: "finishAndDie", lease });
      await peer?.ended;
      const before = await b.store.items.get({ id });
      expect(before.item.state).toBe("review");
      const again = await b.store.claims.finish({
        by: agent(),
        leaseId: lease,
        outcome: "changed",
        evidence: [],
      });
      expect(again.item).toEqual(before.item);
      const { items } = await b.store.history.events({
        stream: "item",
        streamId: id,
        newestFirst: false,
        page: { limit: 50 },
      });
      expect(items.map(({ operation }) => operation)).toEqual(["add", "claim", "finish"]);
    });

    test(
      "rows that were written and never acknowledged are accepted, and filing them again makes no second",
      async () => {
        const b = await bench(kind);
        const [peer] = await b.peers(1);
        for (let n = 0; n < 200; n += 1)
          peer?.send({ do: "propose", projectId: b.projectId, key: `wish-${n}` });
        await peer?.read();
        peer?.signal("SIGKILL");
        const acked = 1 + ((await peer?.rest())?.length ?? 0);
        const page = { limit: 500 };
        const written = (await b.store.gate.list({ page })).items.length;
        expect(written).toBeGreaterThanOrEqual(acked);
        expect(written - acked).toBeLessThanOrEqual(200);
        const [second] = await b.peers(1);
        for (let n = 0; n < 200; n += 1)
          second?.send({ do: "propose", projectId: b.projectId, key: `wish-${n}` });
        for (let n = 0; n < 200; n += 1)
          expect(await second?.read()).toMatchObject({ code: "written", filed: n >= written });
        expect((await b.store.gate.list({ page })).items).toHaveLength(200);
        expect(await b.findings()).toEqual([]);
      },
      LIMIT_MS,
    );
  });
