import { expect, test } from "bun:test";
import { DEFAULT_LEASE_MS, MAX_LEASE_MS, MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, worker } from "#test/stores.ts";
import { eachStore, LANE, MINUTE, type StoreBench } from "./each-store.ts";
import { REVIEW_WRITES, RUN_WRITES } from "#test/run-writes.ts";

const WORKER = { workerId: "w1", host: "here" };

/** How the lease of a run died, and who holds its item since. */
const DEATHS: Readonly<
  Record<string, (bench: StoreBench, lease: string, id: number) => Promise<string | null>>
> = {
  expired: async ({ advance }) => {
    advance(MIN_LEASE_MS);
    return null;
  },
  "expired and claimed again under the same name": async ({ advance, claim }, _lease, id) => {
    advance(MIN_LEASE_MS);
    return (await claim(id)).lease.holder;
  },
  "taken away by a person": async ({ store, item }, _lease, id) => {
    const runId = (await item(id)).leaseRunId ?? 0;
    await store.claims.end({ by: human(), runId, outcome: "revoked" });
    return null;
  },
  "dropped by a person": async ({ store }, _lease, id) => {
    await store.items.drop({ by: human(), id, reason: "Sold" });
    return null;
  },
};

async function whole({ store, get }: StoreBench, id: number) {
  const candidates = await store.gate.list({
    projectId: (await get(id)).item.projectId,
    page: { limit: 1_000 },
  });
  return { detail: await get(id), candidates: candidates.items.length };
}

async function reviewed(bench: StoreBench) {
  const { id } = await bench.add();
  const { lease, runId } = await bench.claim(id, { runner: WORKER });
  await bench.store.claims.finish({ by: agent(), leaseId: lease.id, outcome: "changed", evidence: [] });
  return { id, agentLease: lease.id, runId, lease: (await bench.item(id)).leaseId ?? "" };
}

eachStore((bench) => {
  test("CL1 a claim leases the item to one holder, with a run, an end and a fence of its own", async () => {
    const { id } = await bench.add();
    const by = agent("codex");
    const { lease, runId, item } = await bench.claim(id, { by, ttlMs: 2 * MINUTE });
    expect([item.holder, item.leaseId, item.leaseRunId, item.fence]).toEqual([
      "ai:codex",
      lease.id,
      runId,
      lease.fence,
    ]);
    expect(lease.expiresAt - lease.acquiredAt).toBe(2 * MINUTE);
    const run = await bench.store.runs.get({ id: runId });
    expect([run.itemId, run.leaseId, run.holder, run.endedAt]).toEqual([id, lease.id, "ai:codex", null]);
    await bench.store.claims.release({ by, leaseId: lease.id, note: "Later" });
    const again = await bench.claim(id);
    expect(again.lease.id).not.toBe(lease.id);
    expect(again.lease.fence).toBe(lease.fence + 1);
  });

  test("CL2 a leased item is claimed by nobody else, whatever their name; the refusal says who holds it until when", async () => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id);
    for (const by of [agent(), agent("codex"), human()]) {
      const refused = await refusal(bench.claim(id, { by }));
      expect(refused.code).toBe("conflict");
      expect(refused.message).toContain(`ai:robot holds it until ${new Date(lease.expiresAt).toISOString()}`);
    }
  });

  test("CL3 a lease lasts 30 s to 24 h", async () => {
    const { id } = await bench.add();
    for (const ttlMs of [MIN_LEASE_MS - 1, MAX_LEASE_MS + 1, Number.NaN, 60_000.5, -1])
      expect((await refusal(bench.claim(id, { ttlMs }))).code).toBe("invalid");
    const { lease } = await bench.claim(id, { ttlMs: MAX_LEASE_MS });
    for (const ttlMs of [MIN_LEASE_MS - 1, MAX_LEASE_MS + 1])
      expect(
        (await refusal(bench.store.claims.heartbeat({ by: agent(), leaseId: lease.id, ttlMs }))).code,
      ).toBe("invalid");
    const beat = await bench.store.claims.heartbeat({
      by: agent(),
      leaseId: lease.id,
      ttlMs: MIN_LEASE_MS,
    });
    expect(beat.expiresAt - (await bench.store.now())).toBeLessThanOrEqual(MIN_LEASE_MS);
  });

  test.each(["heartbeat", "note", "plan", "evidence"])("%s of the holder renews the lease", async (name) => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id);
    bench.advance(DEFAULT_LEASE_MS - MINUTE);
    await RUN_WRITES[name]?.(bench.store, lease.id, id);
    bench.advance(DEFAULT_LEASE_MS - MINUTE);
    await RUN_WRITES["note"]?.(bench.store, lease.id, id);
    expect((await bench.item(id)).leaseId).toBe(lease.id);
  });

  test.each(Object.keys(RUN_WRITES))("CL5 %s works while the lease lives", async (name) => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id);
    const before = await whole(bench, id);
    await RUN_WRITES[name]?.(bench.store, lease.id, id);
    expect(await whole(bench, id)).not.toEqual(before);
  });

  test.each(Object.keys(DEATHS))("CL6 under a lease that is %s nothing can be written", async (death) => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id, { ttlMs: MIN_LEASE_MS });
    const holder = await DEATHS[death]?.(bench, lease.id, id);
    const before = await whole(bench, id);
    for (const [name, write] of Object.entries(RUN_WRITES)) {
      const refused = await refusal(write(bench.store, lease.id, id));
      expect(`${name} ${refused.code}`).toBe(`${name} lease_lost`);
      if (name !== "propose") expect(refused.details["holder"]).toBe(holder ?? undefined);
      expect(refused.message).toContain(holder ?? "nobody holds the item now");
      expect(await whole(bench, id)).toEqual(before);
    }
  });

  test("a lease that never was, or is another item's, writes nothing", async () => {
    const mine = await bench.claim((await bench.add()).id);
    const { id } = await bench.add();
    const other = await bench.claim(id, { by: agent("codex") });
    const before = await whole(bench, id);
    for (const write of Object.values(RUN_WRITES))
      expect((await refusal(write(bench.store, "Lforged", id))).code).toBe("lease_lost");
    for (const name of ["note", "plan", "evidence", "link", "move"]) {
      const refused = await refusal(Promise.resolve(RUN_WRITES[name]?.(bench.store, mine.lease.id, id)));
      expect([refused.code, refused.details["holder"]]).toEqual(["lease_lost", other.lease.holder]);
    }
    const swapped = { by: worker(), leaseId: mine.lease.id, id };
    expect((await refusal(bench.store.claims.advance({ ...swapped, phase: "verify" }))).code).toBe(
      "lease_lost",
    );
    expect(await whole(bench, id)).toEqual(before);
  });

  test.each(["finish", "block", "release", "ask"])(
    "CL8 the same %s again answers its first result and changes nothing",
    async (name) => {
      const { id } = await bench.add();
      const { lease } = await bench.claim(id);
      const first = await RUN_WRITES[name]?.(bench.store, lease.id, id);
      const before = await whole(bench, id);
      expect(await RUN_WRITES[name]?.(bench.store, lease.id, id)).toEqual(first);
      bench.advance(DEFAULT_LEASE_MS);
      await RUN_WRITES[name]?.(bench.store, lease.id, id);
      expect((await whole(bench, id)).detail.item).toEqual(before.detail.item);
      for (const other of ["finish", "block", "release", "ask", "note"].filter((one) => one !== name))
        expect((await refusal(Promise.resolve(RUN_WRITES[other]?.(bench.store, lease.id, id)))).code).toBe(
          "lease_lost",
        );
    },
  );

  test("CL9 finishing hands the lease to the run's worker under a new id, and the agent's is dead", async () => {
    const { id, agentLease, runId, lease } = await reviewed(bench);
    const item = await bench.item(id);
    expect([item.state, item.phase, item.leaseRunId]).toEqual(["review", "verify", runId]);
    expect(item.holder).toBe("system:worker");
    expect(lease).not.toBe(agentLease);
    const before = await whole(bench, id);
    for (const [name, write] of Object.entries(RUN_WRITES).filter(([one]) => one !== "finish"))
      expect(`${name} ${(await refusal(write(bench.store, agentLease, id))).code}`).toBe(
        `${name} lease_lost`,
      );
    expect(await whole(bench, id)).toEqual(before);
    await bench.store.claims.advance({ by: worker(), leaseId: lease, id, phase: "verify" });
  });

  test.each(Object.keys(REVIEW_WRITES))("%s of a worker needs the review's live lease", async (name) => {
    const { id, lease, runId } = await reviewed(bench);
    bench.advance(DEFAULT_LEASE_MS);
    const taken = await bench.store.claims.takeReview({
      by: worker(),
      runId,
      ttlMs: DEFAULT_LEASE_MS,
      phases: ["verify"],
    });
    const before = await whole(bench, id);
    const refused = await refusal(Promise.resolve(REVIEW_WRITES[name]?.(bench.store, lease, id)));
    expect(refused.code).toBe("lease_lost");
    expect(await whole(bench, id)).toEqual(before);
    await REVIEW_WRITES[name]?.(bench.store, taken?.lease.id ?? "", id);
    expect(await whole(bench, id)).not.toEqual(before);
  });

  test("CL11 an expired lease frees its item for the next claim, with no process in between", async () => {
    const { id: projectId } = await bench.project();
    const { id } = await bench.add({ projectId });
    const first = await bench.claim(id, { ttlMs: MIN_LEASE_MS });
    expect(await bench.next(projectId)).toBeUndefined();
    bench.advance(MIN_LEASE_MS - 5_000);
    expect(await bench.next(projectId)).toBeUndefined();
    bench.advance(5_000);
    const second = await bench.next(projectId, agent("codex"));
    expect([second?.item.id, second?.lease.fence]).toEqual([id, first.lease.fence + 1]);
    const run = await bench.store.runs.get({ id: first.runId });
    expect([run.outcome, (await bench.item(id)).losses]).toEqual(["expired", 1]);
  });

  test("CL12 an agent claims from agents' lanes alone, a person from any", async () => {
    for (const lane of [LANE.triage, LANE.decision, LANE.investigation, LANE.manual]) {
      const { id } = await bench.add({ lane });
      const refused = await refusal(bench.claim(id));
      expect([refused.code, refused.message.includes(lane)]).toEqual(["conflict", true]);
      expect((await bench.claim(id, { by: human() })).lease.holder).toBe("human:ada");
    }
  });

  test("CL13 one refusal of a claim names every reason", async () => {
    const { id } = await bench.add({ lane: LANE.manual, blockedBy: [(await bench.add()).id] });
    const refused = await refusal(bench.claim(id));
    expect(refused.details["reasons"]).toEqual([
      expect.stringContaining(LANE.manual),
      "1 blocker is not done",
    ]);
  });

  test("CL14 notes of others need no lease and are marked so", async () => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id);
    const remark = await bench.store.items.note({ by: agent("codex"), id, body: "I saw this too" });
    const own = await bench.store.items.note({ by: agent("robot", lease.id), id, body: "Half done" });
    expect([remark.byHolder, remark.runId, own.byHolder]).toEqual([false, null, true]);
    expect((await bench.item(id)).leaseExpiresAt).not.toBeNull();
  });

  test("CL15 a run is ended from outside by a person or the worker, once, and not by another agent", async () => {
    const { id } = await bench.add();
    const { runId, lease } = await bench.claim(id);
    const end = (by: Parameters<typeof bench.store.claims.end>[0]["by"]) =>
      bench.store.claims.end({ by, runId, outcome: "revoked", note: "Stop" });
    expect((await refusal(end(agent("codex")))).code).toBe("denied");
    expect((await bench.item(id)).leaseId).toBe(lease.id);
    expect((await end(human())).item.leaseId).toBeNull();
    expect((await refusal(end(worker()))).code).toBe("conflict");
  });

  test("CL16 a review is taken by a worker, never by an agent, and by one at a time", async () => {
    const { id, runId } = await reviewed(bench);
    const take = (by: Parameters<typeof bench.store.claims.takeReview>[0]["by"]) =>
      bench.store.claims.takeReview({ by, runId, ttlMs: DEFAULT_LEASE_MS, phases: ["verify"] });
    bench.advance(DEFAULT_LEASE_MS);
    expect((await refusal(take(agent()))).code).toBe("denied");
    expect((await take(worker()))?.item.id).toBe(id);
    expect(await take(worker())).toBeUndefined();
  });

  test("CL17 finishing without a change needs a reason, and is never directly done", async () => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id);
    const finish = (note: string) =>
      bench.store.claims.finish({ by: agent(), leaseId: lease.id, outcome: "no_change", note, evidence: [] });
    expect((await refusal(finish("  "))).code).toBe("invalid");
    const { item, runId } = await finish("It is dry");
    const run = await bench.store.runs.get({ id: runId });
    expect([item.state, item.phase, run.outcome]).toEqual(["review", "human", "no_change"]);
  });

  test("a review that its worker left ends its run when a person decides", async () => {
    const { id, lease, runId } = await reviewed(bench);
    await bench.store.claims.leaveReview({ by: worker(), leaseId: lease });
    await bench.store.items.close({ by: human(), id, reason: "Good enough", evidence: [] });
    expect((await bench.store.runs.get({ id: runId })).endedAt).not.toBeNull();
  });
});
