import { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { keepLease, type LeaseKeeper } from "#worker/lease-keeper.ts";
import { type FaultBench, openFaults } from "#test/fault-bench.ts";
import { agent, STORE_KINDS } from "#test/stores.ts";
import { portOf } from "#test/worker-bench.ts";

const bench = openFaults();

interface Kept {
  readonly keeper: LeaseKeeper;
  /** Lets time pass, for the keeper and the database alike, and waits until the keeper sleeps again or has ended. */
  readonly pass: (ms: number) => Promise<void>;
  /** Lets time pass, and the lease end while what the keeper asks then is unanswered. */
  readonly lapse: (ms: number) => Promise<void>;
}

const POLL_MS = 1_000;

/** A keeper whose event loop is the test: it runs on only when time is let pass. */
async function keep(b: FaultBench, leaseId: string): Promise<Kept> {
  /** What waits for an answer's time to be up. */
  const lapses: (() => void)[] = [];
  let time = 1_750_000_000_000;
  let wake = () => {};
  let asleep = Promise.withResolvers<void>();
  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      signal?.addEventListener("abort", () => resolve(), { once: true });
      if (ms > POLL_MS) lapses.push(resolve);
      else {
        wake = resolve;
        asleep.resolve();
      }
    });
  const deps = { port: portOf(b.store), host: "here", now: () => time, sleep, limits: { pollMs: POLL_MS } };
  const keeper = keepLease({ deps }, { leaseId, ttlMs: MIN_LEASE_MS });
  await asleep.promise;
  const lost = new Promise<void>((resolve) => keeper.lost.addEventListener("abort", () => resolve()));
  return {
    keeper,
    pass: async (ms) => {
      asleep = Promise.withResolvers();
      time += ms;
      b.advance(ms);
      wake();
      await Promise.race([asleep.promise, lost]);
    },
    lapse: async (ms) => {
      lapses.length = 0; // those of calls that were answered
      time += ms;
      wake();
      while (lapses.length === 0) await Bun.sleep(1);
      for (const end of lapses.splice(0)) end();
      await lost;
    },
  };
}

const claim = (b: FaultBench, name: string) =>
  b.store.claims.next({ by: agent(name), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test("FM7 a lease lives through a set-up of many times its length, since it is kept from the claim on", async () => {
      const b = await bench(kind);
      const { id } = await b.add();
      const made = await claim(b, "robot");
      const { keeper, pass } = await keep(b, made?.lease.id ?? "");
      for (let n = 0; n < 9; n += 1) await pass(MIN_LEASE_MS / 3);
      expect([keeper.lost.aborted, await claim(b, "codex")]).toEqual([false, undefined]);
      expect((await b.store.items.get({ id })).item.leaseId).toBe(made?.lease.id ?? "");
      await keeper.release();
    });

    test("FM7 an event loop blocked for less than the lease keeps it; for longer, it knows and writes nothing", async () => {
      const b = await bench(kind);
      const { id } = await b.add();
      const made = await claim(b, "robot");
      const { keeper, pass } = await keep(b, made?.lease.id ?? "");
      await pass(MIN_LEASE_MS - 1_000);
      expect([keeper.lost.aborted, await claim(b, "codex")]).toEqual([false, undefined]);
      await pass(MIN_LEASE_MS + 1_000);
      expect(keeper.lost.aborted).toBe(true);
      const { item } = await b.store.items.get({ id });
      expect([item.leaseId, item.eventN]).toEqual([made?.lease.id ?? "", 2]);
      expect((await claim(b, "codex"))?.item.id).toBe(id);
      await keeper.release();
    });
  });

test("FM7 a lease is given up when it ends, though the store has not answered yet", async () => {
  const b = await bench("sqlite");
  await b.add();
  const made = await claim(b, "robot");
  const { keeper, pass, lapse } = await keep(b, made?.lease.id ?? "");
  await pass(MIN_LEASE_MS / 3);
  expect(keeper.lost.aborted).toBe(false);
  using other = new Database(b.workspace.place);
  other.run("begin immediate");
  await lapse(MIN_LEASE_MS / 3);
  expect(keeper.lost.aborted).toBe(true);
  other.run("rollback");
  await keeper.release();
});
