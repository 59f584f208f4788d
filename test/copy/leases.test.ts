import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { backUpPlace } from "#store/backup/back-up-place.ts";
import { restoreBackup } from "#store/backup/restore-backup.ts";
import { copyPlaces } from "#store/open-store.ts";
import { refusal } from "#test/refusal.ts";
import {
  agent,
  freshSchema,
  human,
  openTestStore,
  STORE_KINDS,
  type StoreKind,
  type TestStore,
} from "#test/stores.ts";

setDefaultTimeout(60_000);

const MINUTE = 60_000;
const LONG = 60 * MINUTE;
/** Over after `LATER`, with nobody there to notice. */
const SHORT = 5 * MINUTE;
const LATER = 20 * MINUTE;

const KINDS = ["agent", "worker's run", "worker's review", "person"] as const;

interface Held {
  readonly kind: (typeof KINDS)[number];
  readonly ttlMs: number;
  readonly itemId: number;
  readonly runId: number;
  readonly leaseId: string;
}

const carry = {
  copy: (from: TestStore, to: string): Promise<unknown> =>
    copyPlaces({ by: human(), from: from.place, to, onProgress: () => {} }),
  restore: async (from: TestStore, to: string): Promise<unknown> => {
    const { path } = await backUpPlace({ place: from.place, to: join(from.home, "backup.db") });
    return restoreBackup({ by: human(), from: path, to, onProgress: () => {} });
  },
};

async function hold({ store }: TestStore, kind: Held["kind"], ttlMs: number): Promise<Held> {
  const item = {
    projectId: 1,
    title: kind,
    spec: EMPTY_SPEC,
    lane: "autonomous_safe",
    budget: { minutes: 10 },
  };
  const { id } = (await store.items.add({ by: human(), item })).item;
  const by = kind === "person" ? human() : agent();
  const runner = kind.startsWith("worker") ? { workerId: "w1", host: "here" } : {};
  const { lease, runId } = await store.claims.item({ by, id, ttlMs, runner });
  if (kind === "worker's review")
    await store.claims.finish({ by, leaseId: lease.id, outcome: "changed", evidence: [] });
  return { kind, ttlMs, itemId: id, runId, leaseId: (await store.items.get({ id })).item.leaseId ?? "" };
}

/** A workspace with budgets, and a lease of each kind that began `heldMs` before the machine's own time. */
async function atWork(database: StoreKind, heldMs: number) {
  let offset = -heldMs;
  const workspace = await openTestStore(database, { clockOffsetMs: () => offset });
  const by = human();
  const policy = { dayBudget: { minutes: 90 } };
  await workspace.store.projects.add({ by, alias: "app", name: "App", policy });
  await workspace.store.projects.setSetting({ by, key: "day_minutes", value: "90" });
  const leases: Held[] = [];
  for (const kind of KINDS)
    for (const ttlMs of [LONG, SHORT]) leases.push(await hold(workspace, kind, ttlMs));
  offset = 0;
  return { workspace, leases };
}

describe.each(STORE_KINDS)("from %s", (from) => {
  describe.each(STORE_KINDS)("to %s", (to) => {
    describe.each(["copy", "restore"] as const)("by %s", (way) => {
      test.each([0, LATER])("CP6 every kind of lease, held for %d ms, ends", async (heldMs) => {
        const { workspace, leases } = await atWork(from, heldMs);
        try {
          const place = to === "sqlite" ? join(workspace.home, "other.db") : await freshSchema();
          await carry[way](workspace, place);
          const store = await workspace.again({ place });
          for (const { kind, ttlMs, itemId, runId, leaseId } of leases) {
            const { item } = await store.items.get({ id: itemId });
            const run = await store.runs.get({ id: runId });
            const inReview = kind === "worker's review";
            const counted = kind === "agent" && ttlMs === LONG ? heldMs : 0;
            expect([kind, ttlMs, item.leaseId, item.holder]).toEqual([kind, ttlMs, null, null]);
            expect(item.state).toBe(inReview ? "review" : "open");
            expect(run.outcome).toBe(inReview ? null : "interrupted");
            expect(Math.floor((run.workedMs ?? 0) / MINUTE) * MINUTE).toBe(counted);
            expect(item.overBudget).toBe(counted > 0);
            const late = store.claims.heartbeat({ by: agent("robot", leaseId), leaseId });
            expect(await refusal(late)).toMatchObject({ code: "lease_lost" });
            expect((await workspace.store.items.get({ id: itemId })).item.leaseId).toBe(leaseId);
          }
          expect(await store.history.check()).toEqual([]);
        } finally {
          await workspace.close();
        }
      });
    });
  });
});
