import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { MAX_LOSSES } from "#domain/run/outcome.ts";
import { openFaults, type FaultBench, type Peer } from "#test/fault-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, STORE_KINDS, worker } from "#test/stores.ts";
import { RUN_WRITES } from "#test/run-writes.ts";

const bench = openFaults();
const Claimed = z.object({ id: z.number(), lease: z.string(), run: z.number() });
const LIMIT_MS = 60_000;
const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;

async function claimAs(peer: Peer | undefined): Promise<z.infer<typeof Claimed>> {
  peer?.send({ do: "claim" });
  return Claimed.parse(await peer?.read());
}

const claimNext = ({ store }: FaultBench, name = "codex") =>
  store.claims.next({ by: agent(name), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });

test("FM8 on SQLite time goes at most two minutes behind what was written: a short lease that had ended by then stays ended", async () => {
  const b = await bench("sqlite");
  const { id } = await b.add();
  const made = await claimNext(b, "robot");
  const lease = made?.lease.id ?? "";
  b.advance(HOUR);
  await b.add({ title: "Written an hour later" });
  b.advance(-HOUR);
  for (const [name, write] of Object.entries(RUN_WRITES))
    expect([name, (await refusal(write(b.store, lease, id))).code]).toEqual([name, "lease_lost"]);
});

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test(
      "the item of a killed holder is free with the end of its lease, and the loss counts once",
      async () => {
        const b = await bench(kind);
        const { id } = await b.add();
        const [holder, ...others] = await b.peers(8);
        await claimAs(holder);
        holder?.signal("SIGKILL");
        await holder?.ended;
        expect(await claimNext(b)).toBeUndefined();
        b.advance(MIN_LEASE_MS);
        for (const peer of others) peer.send({ do: "claim" });
        const answers = await Promise.all(others.map((peer) => peer.read()));
        const won = answers.filter((answer) => Claimed.safeParse(answer).success);
        // A claim that met the row while another woke it answers nothing; one claim after them all is the sweep.
        if (won.length === 0) expect((await claimNext(b))?.item.id).toBe(id);
        expect(won.length).toBeLessThanOrEqual(1);
        const { item } = await b.store.items.get({ id });
        expect([item.losses, item.attempts]).toEqual([1, 0]);
        expect(await b.findings()).toEqual([]);
      },
      LIMIT_MS,
    );

    test.each(["nobody", "another"])(
      "FM6 a process stopped past its lease and woken writes nothing, held meanwhile by %s",
      async (by) => {
        const b = await bench(kind);
        await b.add();
        const [peer] = await b.peers(1);
        const { id, lease } = await claimAs(peer);
        peer?.signal("SIGSTOP");
        const names = Object.keys(RUN_WRITES);
        for (const name of names) peer?.send({ do: "write", name, lease, id });
        b.advance(MIN_LEASE_MS + 1);
        if (by === "another") expect((await claimNext(b, "robot"))?.item.id).toBe(id);
        const before = await b.store.items.get({ id });
        peer?.signal("SIGCONT");
        for (const name of names) expect([name, await peer?.read()]).toEqual([name, { code: "lease_lost" }]);
        expect(await b.store.items.get({ id })).toEqual(before);
        expect((await b.store.gate.list({ page: { limit: 10 } })).items).toEqual([]);
      },
      LIMIT_MS,
    );

    test("FM8 a clock that is set forward or back brings no ended lease to life", async () => {
      const b = await bench(kind);
      const { id } = await b.add();
      const first = await claimNext(b, "robot");
      b.advance(HOUR);
      const second = await claimNext(b);
      expect([second?.item.id, second?.lease.fence]).toEqual([id, 2]);
      for (const shift of [-HOUR, -HOUR, 2 * HOUR - MIN_LEASE_MS / 2]) {
        b.advance(shift);
        for (const [name, write] of Object.entries(RUN_WRITES)) {
          const refused = await refusal(write(b.store, first?.lease.id ?? "", id));
          expect(`${name} ${refused.code}`).toBe(`${name} lease_lost`);
        }
      }
      expect(await b.findings()).toEqual([]);
    });

    test(
      "FM38 a clock that was once a year ahead holds nothing up once it is right",
      async () => {
        const b = await bench(kind);
        const [first, second] = [await b.add(), await b.add({ title: "Second" })];
        b.advance(YEAR);
        const ahead = await claimNext(b, "robot");
        expect(ahead?.item.id).toBe(first.id);
        b.advance(-YEAR);
        const right = await claimNext(b);
        expect(right?.item.id).toBe(second.id);
        expect((right?.lease.expiresAt ?? 0) - Date.now()).toBeLessThan(2 * 120_000);
        const findings = await b.store.history.check();
        expect(findings.map(({ check }) => check)).toEqual(["derived.lease"]);
        await b.store.history.repair({ by: human(), apply: true });
        expect(await b.store.history.check()).toEqual([]);
        b.advance(120_000 + MIN_LEASE_MS);
        const again = new Set([(await claimNext(b))?.item.id, (await claimNext(b))?.item.id]);
        expect(again).toEqual(new Set([first.id, second.id]));
        const soon = (await b.store.now()) + HOUR;
        const third = await b.add({ title: "Third" });
        await b.store.items.snooze({ by: human(), id: third.id, untilMs: soon });
        expect(await claimNext(b)).toBeUndefined();
        b.advance(HOUR);
        expect(await claimNext(b)).toBeDefined();
      },
      LIMIT_MS,
    );

    test(
      "a sweep that races finish, release and a new claim leaves one of them",
      async () => {
        const b = await bench(kind);
        const other = await b.workspace.again();
        for (let round = 0; round < 12; round += 1) {
          const { id } = await b.add();
          const made = await b.store.claims.item({ by: agent(), id, ttlMs: MIN_LEASE_MS, runner: {} });
          const leaseId = made.lease.id;
          b.advance(round % 3 === 0 ? MIN_LEASE_MS : MIN_LEASE_MS - 2);
          const by = agent("robot", leaseId);
          const end =
            round % 2 === 0
              ? b.store.claims.finish({ by, leaseId, outcome: "changed", evidence: [] })
              : b.store.claims.release({ by, leaseId, note: "Not mine" });
          const swept = other.claims.next({
            by: agent("codex"),
            filter: {},
            ttlMs: MIN_LEASE_MS,
            runner: {},
          });
          const [ended] = await Promise.allSettled([end, swept]);
          const { item } = await b.store.items.get({ id });
          const run = await b.store.runs.get({ id: made.runId });
          const wanted = round % 2 === 0 ? ["review", null] : ["open", "released"];
          if (ended.status === "fulfilled") expect<unknown[]>([item.state, run.outcome]).toEqual(wanted);
          else {
            expect(ended.reason).toMatchObject({ code: "lease_lost" });
            expect([item.state, run.outcome === null || run.outcome === "expired"]).toEqual(["open", true]);
          }
          await b.store.items.drop({ by: human(), id, reason: "Round over" });
        }
        expect(await b.findings()).toEqual([]);
      },
      LIMIT_MS,
    );

    test(
      "a page of rows that waking does not free hides no row behind it",
      async () => {
        const b = await bench(kind);
        const reviews = 70;
        for (let n = 0; n < reviews; n += 1) await b.add();
        for (let n = 0; n < reviews; n += 1) {
          const made = await claimNext(b, "robot");
          const leaseId = made?.lease.id ?? "";
          await b.store.claims.finish({
            by: agent("robot", leaseId),
            leaseId,
            outcome: "changed",
            evidence: [],
          });
          await b.store.claims.takeReview({ by: worker(), ttlMs: MIN_LEASE_MS, phases: ["verify"] });
        }
        const { id } = await b.add();
        await claimNext(b, "robot");
        b.advance(MIN_LEASE_MS + 1_000);
        expect((await claimNext(b))?.item.id).toBe(id);
      },
      LIMIT_MS,
    );

    test(
      "an item that kills each worker is parked at its tenth loss, and the next is served",
      async () => {
        const b = await bench(kind);
        const poison = await b.add({ priority: "P1" });
        const good = await b.add({ priority: "P5" });
        const peers = await b.peers(MAX_LOSSES);
        for (const peer of peers) {
          expect((await claimAs(peer)).id).toBe(poison.id);
          peer.signal("SIGKILL");
          await peer.ended;
          b.advance(MIN_LEASE_MS + 1);
        }
        expect((await claimNext(b))?.item.id).toBe(good.id);
        const { item, notes } = await b.store.items.get({ id: poison.id });
        expect([item.lane, item.losses, notes.at(-1)?.kind]).toEqual([
          "requires_investigation",
          MAX_LOSSES,
          "park",
        ]);
      },
      LIMIT_MS,
    );

    test("counters set back by reopening make no earlier lease valid again", async () => {
      const b = await bench(kind);
      const { id } = await b.add();
      const leases: string[] = [];
      for (let round = 0; round < 4; round += 1) {
        const made = await b.store.claims.item({ by: agent(), id, ttlMs: MIN_LEASE_MS, runner: {} });
        for (const old of leases)
          for (const write of Object.values(RUN_WRITES))
            expect((await refusal(write(b.store, old, id))).code).toBe("lease_lost");
        leases.push(made.lease.id);
        await b.store.items.drop({ by: human(), id, reason: "Start over" });
        await b.store.items.reopen({ by: human(), id, reason: "Again", lane: "autonomous_safe" });
      }
      expect(new Set(leases).size).toBe(4);
    });
  });
