import { expect, test } from "bun:test";
import { nextMidnight } from "#domain/schedule/budget.ts";
import type { Claim } from "#operations/ports/store/claim-store.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, worker } from "#test/stores.ts";
import { eachStore, LANE, MINUTE, type StoreBench } from "./each-store.ts";

const by = human();
/** A machine under load takes this long for a call. */
const SLOW_MS = 30_000;

/** Every way in which an agent's hold on an item ends. */
const ENDINGS: Readonly<Record<string, (bench: StoreBench, claim: Claim) => Promise<unknown>>> = {
  release: ({ store }, { lease }) => store.claims.release({ by: agent(), leaseId: lease.id, note: "Half" }),
  ask: ({ store }, { lease }) =>
    store.claims.ask({ by: agent(), leaseId: lease.id, question: "Which?", options: [] }),
  block: ({ store }, { lease }) => store.claims.block({ by: agent(), leaseId: lease.id, note: "No ladder" }),
  finish: ({ store }, { lease }) =>
    store.claims.finish({ by: agent(), leaseId: lease.id, outcome: "changed", evidence: [] }),
  "finish with words": ({ store }, { lease }) =>
    store.claims.finish({ by: agent(), leaseId: lease.id, outcome: "no_change", note: "Dry", evidence: [] }),
  park: ({ store }, { lease }) =>
    store.claims.park({ by: worker(), leaseId: lease.id, outcome: "no_change", note: "Look" }),
  end: ({ store }, { runId }) => store.claims.end({ by, runId, outcome: "revoked" }),
  move: ({ store }, { item }) => store.items.move({ by, id: item.id, lane: LANE.triage }),
  drop: ({ store }, { item }) => store.items.drop({ by, id: item.id, reason: "Sold" }),
  close: ({ store }, { item }) => store.items.close({ by, id: item.id, reason: "Done", evidence: [] }),
};

eachStore((bench) => {
  const workedMs = async (runId: number) => (await bench.store.runs.get({ id: runId })).workedMs;
  const about = async (runId: number) => {
    const ms = (await workedMs(runId)) ?? 0;
    return ms - (ms % MINUTE <= SLOW_MS ? ms % MINUTE : 0);
  };

  test.each(Object.keys(ENDINGS))("RD33 the minutes that an agent held its item count: %s", async (name) => {
    const claim = await bench.claim((await bench.add()).id);
    bench.advance(5 * MINUTE);
    await ENDINGS[name]?.(bench, claim);
    expect(await about(claim.runId)).toBe(5 * MINUTE);
    bench.advance(MINUTE);
    if (name === "finish") {
      const again = await ENDINGS[name]?.(bench, claim);
      expect(again).toMatchObject({ runId: claim.runId });
      expect(await about(claim.runId)).toBe(5 * MINUTE);
    }
  });

  test("RD33 a lease that ended by time counts to the last that was heard of it", async () => {
    const { id: projectId } = await bench.project();
    await bench.add({ projectId });
    const claim = await bench.next(projectId);
    bench.advance(5 * MINUTE);
    await bench.store.claims.heartbeat({ by: agent(), leaseId: claim?.lease.id ?? "" });
    bench.advance(60 * MINUTE);
    await bench.next(projectId);
    expect(await about(claim?.runId ?? 0)).toBe(5 * MINUTE);
  });

  test("a person's own work, a worker's run and less than a second spend no such minutes", async () => {
    const own = await bench.claim((await bench.add()).id, { by });
    const workers = await bench.claim((await bench.add()).id, { runner: { workerId: "w1" } });
    bench.advance(5 * MINUTE);
    await ENDINGS["release"]?.(bench, own);
    await ENDINGS["release"]?.(bench, workers);
    expect([await workedMs(own.runId), await workedMs(workers.runId)]).toEqual([null, null]);
    const measured = await bench.claim((await bench.add()).id);
    await bench.store.runs.record({ id: measured.runId, workedMs: 7 });
    bench.advance(MINUTE);
    await ENDINGS["release"]?.(bench, measured);
    expect(await workedMs(measured.runId)).toBe(7);
    const quick = await bench.claim((await bench.add()).id, { ttlMs: MINUTE });
    bench.advance(2 * MINUTE);
    await bench.claim(quick.item.id);
    expect(await workedMs(quick.runId)).toBeNull();
  });

  test("budgets that such work has spent keep items back at once, also where its lease ended by time", async () => {
    const { id: projectId } = await bench.project({ policy: { budget: { minutes: 30 } } });
    const { id } = await bench.add({ projectId, budget: { minutes: 10 } });
    await bench.add({ projectId });
    const filter = { projectIds: [projectId] };
    for (const left of [2, 1]) {
      const claim = await bench.claim(id);
      bench.advance(6 * MINUTE);
      await ENDINGS["release"]?.(bench, claim);
      expect(await bench.store.claims.countReady({ filter })).toBe(left);
    }
    await bench.store.items.edit({ by, id, changes: { budget: { minutes: 15 } } });
    await bench.claim(id, { ttlMs: 10 * MINUTE });
    bench.advance(9 * MINUTE);
    const { leaseId } = await bench.item(id);
    await bench.store.claims.heartbeat({ by: agent(), leaseId: leaseId ?? "", ttlMs: MINUTE });
    bench.advance(2 * MINUTE);
    expect((await refusal(bench.claim(id))).message).toContain("its budget is spent");
    const other = await bench.next(projectId);
    bench.advance(10 * MINUTE);
    await bench.store.claims.heartbeat({ by: agent(), leaseId: other?.lease.id ?? "" });
    await bench.store.claims.end({ by, runId: other?.runId ?? 0, outcome: "revoked" });
    expect(await bench.next(projectId)).toBeUndefined();
    expect((await bench.store.claims.summary({ projectIds: [projectId] })).overBudget).toHaveLength(1);
  });

  test("agents that end at once all count, in one project and in many", async () => {
    const now = await bench.store.now();
    bench.advance(nextMidnight(now) + MINUTE - now);
    const limit = (value: string) => bench.store.projects.setSetting({ by, key: "day_minutes", value });
    await limit("16");
    const { id: projectId } = await bench.project();
    const claims: Claim[] = [];
    for (let n = 0; n < 8; n += 1)
      claims.push(
        await bench.claim(
          (await bench.add(n % 2 === 0 ? { projectId } : { projectId: (await bench.project()).id })).id,
        ),
      );
    const last = await bench.add({ projectId });
    bench.advance(2 * MINUTE);
    const ways = ["release", "finish", "ask", "end"].map((name) => ENDINGS[name]);
    await Promise.all(claims.map(async (claim, n) => ways[n % ways.length]?.(bench, claim)));
    const [spent] = await bench.store.claims.spentBudgets({ id: last.id });
    expect(spent?.spent ?? 0).toBeGreaterThanOrEqual(16);
    expect(await bench.next(projectId)).toBeUndefined();
    await limit("0");
  });
});
