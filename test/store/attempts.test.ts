import { expect, test } from "bun:test";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { Item } from "#domain/item/item.ts";
import { MAX_ATTEMPTS, MAX_GIVEN_BACK, MAX_LOSSES, OUTCOMES, type Outcome } from "#domain/run/outcome.ts";
import type { RunnerInfo } from "#operations/ports/store/claim-store.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, worker } from "#test/stores.ts";
import { DAY, eachStore, LANE, MINUTE, type StoreBench } from "./each-store.ts";

const SECOND = 1_000;
const ATTEMPTS: readonly Outcome[] = ["check_failed", "agent_failed", "timed_out", "stalled", "unexplained"];
const FREE: readonly Outcome[] = [
  "no_change",
  "blocked",
  "asked",
  "released",
  "revoked",
  "changes_requested",
  "pr_closed",
];

async function runEnds({ claim, store }: StoreBench, id: number, outcome: Outcome, note?: string) {
  const { runId } = await claim(id, { by: human() });
  return (await store.claims.end({ by: worker(), runId, outcome, note })).item;
}

eachStore((bench) => {
  test.each(ATTEMPTS)(
    "CL20 %s counts an attempt and backs off 30 s, then 60 s, with a tenth of jitter",
    async (outcome) => {
      const { id } = await bench.add();
      for (const [n, base] of [30 * SECOND, 60 * SECOND].entries()) {
        const before = await bench.store.now();
        const item = await runEnds(bench, id, outcome);
        const after = await bench.store.now();
        expect([item.state, item.lane, item.attempts, item.losses]).toEqual(["open", LANE.agent, n + 1, 0]);
        expect(item.notBefore).toBeGreaterThanOrEqual(before + base);
        expect(item.notBefore).toBeLessThanOrEqual(after + base * 1.1);
      }
    },
  );

  test("the back-off keeps the item from the queue until it ends", async () => {
    const { id: projectId } = await bench.project();
    const { id } = await bench.add({ projectId });
    await runEnds(bench, id, "check_failed");
    expect(await bench.next(projectId)).toBeUndefined();
    expect((await refusal(bench.claim(id))).message).toContain("it waits until");
    bench.advance(34 * SECOND);
    expect((await bench.next(projectId))?.item.id).toBe(id);
  });

  test("the third attempt parks the item in the investigation lane with what was tried", async () => {
    const { id } = await bench.add();
    for (let n = 1; n < MAX_ATTEMPTS; n += 1) await runEnds(bench, id, "agent_failed");
    const item = await runEnds(bench, id, "check_failed", "2 tests are red");
    expect([item.state, item.lane, item.attempts, item.notBefore]).toEqual([
      "open",
      LANE.investigation,
      MAX_ATTEMPTS,
      null,
    ]);
    const note = (await bench.get(id)).notes.at(-1);
    expect(note?.kind).toBe("park");
    expect(note?.body).toContain("2 tests are red");
    expect(note?.body).toContain("check_failed");
  });

  test.each(FREE)("CL23 %s costs the item nothing", async (outcome) => {
    const { id } = await bench.add();
    const item = await runEnds(bench, id, outcome);
    expect([item.state, item.attempts, item.losses, item.notBefore]).toEqual(["open", 0, 0, null]);
  });

  /** A run of a worker whose agent gives the item back. */
  async function givesBack(id: number, by = agent(), runner: RunnerInfo = { workerId: "w1" }): Promise<Item> {
    const { lease } = await bench.claim(id, { runner });
    return (await bench.store.claims.release({ by, leaseId: lease.id, note: "Too big" })).detail.item;
  }

  test("CL51 an item that its agents give back waits longer each time, and the third in a row parks it", async () => {
    const { id } = await bench.add();
    for (const [n, base] of [30 * SECOND, 60 * SECOND].entries()) {
      const before = await bench.store.now();
      const { lane, attempts, losses, notBefore } = await givesBack(id);
      expect([n, lane, attempts, losses]).toEqual([n, LANE.agent, 0, 0]);
      expect(notBefore).toBeGreaterThanOrEqual(before + base);
      expect(notBefore).toBeLessThanOrEqual((await bench.store.now()) + base * 1.1);
      bench.advance(2 * MINUTE);
    }
    const parked = await givesBack(id);
    expect([parked.state, parked.lane, parked.resumeLane, parked.notBefore, parked.leaseId]).toEqual([
      "open",
      LANE.investigation,
      LANE.agent,
      null,
      null,
    ]);
    const note = (await bench.get(id)).notes.at(-1);
    expect(note?.kind).toBe("park");
    expect(note?.body).toContain("3 agents in a row");
    await bench.store.items.move({ by: human(), id, lane: LANE.agent });
    expect((await givesBack(id)).lane).toBe(LANE.agent);
  });

  test("CL51 an attempt between them begins the count anew; a worker's stop and a lost run do not", async () => {
    const { id } = await bench.add();
    const ends = async (outcome: Outcome): Promise<void> => {
      bench.advance(20 * MINUTE);
      const { runId } = await bench.claim(id, { runner: { workerId: "w1" } });
      await bench.store.claims.end({ by: worker(), runId, outcome });
      bench.advance(20 * MINUTE);
    };
    await givesBack(id);
    await ends("released");
    await ends("interrupted");
    await givesBack(id);
    await ends("agent_failed");
    for (let n = 1; n < MAX_GIVEN_BACK; n += 1) {
      expect((await givesBack(id)).lane).toBe(LANE.agent);
      bench.advance(20 * MINUTE);
    }
    expect((await givesBack(id)).lane).toBe(LANE.investigation);
  });

  test("CL52 what a person or an agent of nobody's worker gives back is ready at once, however often", async () => {
    const { id } = await bench.add();
    for (let n = 0; n <= MAX_GIVEN_BACK; n += 1) {
      for (const item of [await givesBack(id, human()), await givesBack(id, agent(), {})])
        expect([item.lane, item.notBefore]).toEqual([LANE.agent, null]);
    }
  });

  test("a fault of the runner is not the item's", async () => {
    const { id } = await bench.add();
    for (let n = 0; n < MAX_ATTEMPTS + 1; n += 1) {
      const item = await runEnds(bench, id, "runner_failed");
      expect([item.lane, item.attempts, item.losses, item.notBefore]).toEqual([LANE.agent, 0, 0, null]);
    }
  });

  test.each(["expired", "interrupted"] as const)(
    "CL25 %s is a loss without back-off, and the tenth parks an item that kills its workers",
    async (outcome) => {
      const { id } = await bench.add();
      for (let n = 1; n <= MAX_LOSSES; n += 1) {
        if (outcome === "interrupted") await runEnds(bench, id, outcome);
        else {
          await bench.claim(id, { by: human(), ttlMs: MIN_LEASE_MS });
          bench.advance(MIN_LEASE_MS);
          // whoever claims next, anything at all, ends what expired
          const { item } = await bench.claim((await bench.add()).id);
          await bench.store.claims.next({
            by: agent(),
            filter: { projectIds: [item.projectId + 1_000_000] },
            ttlMs: MINUTE,
            runner: {},
          });
        }
        const item = await bench.item(id);
        expect([item.losses, item.attempts, item.notBefore]).toEqual([n, 0, null]);
        expect(item.lane).toBe(n < MAX_LOSSES ? LANE.agent : LANE.investigation);
        expect(item.leaseId).toBeNull();
      }
    },
  );

  test("CL43 a conflict is a loss that backs off from the second on, and the tenth parks", async () => {
    const { id } = await bench.add();
    for (let n = 1; n < MAX_LOSSES; n += 1) {
      const before = await bench.store.now();
      const { lane, losses, attempts, notBefore } = await runEnds(bench, id, "conflict");
      expect([lane, losses, attempts, notBefore === null]).toEqual([LANE.agent, n, 0, n === 1]);
      const base = Math.min(30 * SECOND * 2 ** (n - 2), 15 * MINUTE);
      if (n > 1) expect(notBefore).toBeGreaterThanOrEqual(before + base);
      bench.advance(17 * MINUTE);
    }
    const parked = await runEnds(bench, id, "conflict");
    expect([parked.lane, parked.losses, parked.notBefore]).toEqual([LANE.investigation, MAX_LOSSES, null]);
  });

  test.each([
    ["conflict", 1, 0],
    ["check_failed", 0, 1],
  ] as const)(
    "what goes back with %s after the check had passed counts as well",
    async (outcome, losses, attempts) => {
      const { id: projectId } = await bench.project({ landing: "merge" });
      const { id } = await bench.add({ projectId });
      const { lease } = await bench.claim(id, { runner: { workerId: "w1" } });
      await bench.store.claims.finish({ by: agent(), leaseId: lease.id, outcome: "changed", evidence: [] });
      const leaseId = (await bench.item(id)).leaseId ?? "";
      const by = worker();
      const checked = await bench.store.claims.advance({ by, leaseId, id, phase: "verify" });
      expect(checked.item.phase).toBe("land");
      const { item } = await bench.store.claims.return({
        by,
        leaseId,
        id,
        outcome,
        reason: "It met another",
      });
      expect([item.state, item.phase, item.losses, item.attempts]).toEqual(["open", null, losses, attempts]);
    },
  );

  test("CL26 a run that tampered parks its item at once", async () => {
    const { id } = await bench.add();
    const item = await runEnds(bench, id, "tampered", "A hook changed");
    expect([item.lane, item.resumeLane, item.attempts]).toEqual([LANE.investigation, LANE.agent, 0]);
  });

  test("parking by the holder's worker keeps what was expected and found", async () => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id);
    const parked = await bench.store.claims.park({
      by: worker(),
      leaseId: lease.id,
      outcome: "no_change",
      note: "expected 3 matches, found 0",
    });
    expect([parked.item.lane, parked.item.leaseId]).toEqual([LANE.investigation, null]);
    expect(parked.notes.map(({ kind, body }) => [kind, body])).toEqual([
      ["park", "expected 3 matches, found 0"],
    ]);
  });

  test("the outcomes are a closed set, each of one kind", () => {
    const kinds = Object.values(OUTCOMES);
    expect(new Set(kinds)).toEqual(new Set(["free", "attempt", "fault", "loss", "clash", "tamper"]));
    const named = [
      ...ATTEMPTS,
      ...FREE,
      "changed",
      "already_satisfied",
      "runner_failed",
      "expired",
      "conflict",
    ];
    expect(Object.keys(OUTCOMES).toSorted()).toEqual(
      [...named, "interrupted", "tampered", "worker_killed"].toSorted(),
    );
  });

  test("CL29 a question leads to the decision lane and its answer back, with no attempt counted", async () => {
    const { id } = await bench.add();
    const { lease, runId } = await bench.claim(id);
    const deadlineMs = (await bench.store.now()) + DAY;
    const question = { question: "Slate or tiles?", options: ["slate", "tiles"], defaultOption: "tiles" };
    const asked = await bench.store.claims.ask({
      by: agent(),
      leaseId: lease.id,
      ...question,
      deadlineMs,
      askedOf: "human:eve",
    });
    expect([asked.detail.item.lane, asked.detail.item.resumeLane, asked.detail.item.leaseId]).toEqual([
      LANE.decision,
      LANE.agent,
      null,
    ]);
    expect([asked.run.outcome, asked.detail.item.attempts]).toEqual(["asked", 0]);
    expect(asked.detail.questions).toEqual([
      expect.objectContaining({
        ...question,
        deadline: deadlineMs,
        askedOf: "human:eve",
        askedBy: "ai:robot",
        answer: null,
      }),
    ]);
    const answer = { id, answer: "slate", reason: "It lasts" };
    expect((await refusal(bench.store.items.decide({ by: agent(), ...answer }))).code).toBe("denied");
    const decided = await bench.store.items.decide({ by: human("eve"), ...answer });
    expect([decided.item.lane, decided.item.resumeLane, decided.grantBy]).toEqual([
      LANE.agent,
      null,
      "human:eve",
    ]);
    expect(decided.questions).toEqual([
      expect.objectContaining({ answer: "slate", reason: "It lasts", answeredBy: "human:eve" }),
    ]);
    expect(decided.notes.at(-1)?.body).toContain("slate");
    expect((await bench.store.runs.get({ id: runId })).outcome).toBe("asked");
    expect((await refusal(bench.store.items.decide({ by: human(), ...answer }))).code).toBe("conflict");
  });

  test("CL30 a decision may choose another lane, and ends the lease of whoever looked into it", async () => {
    const { id } = await bench.add({ lane: LANE.decision });
    await bench.claim(id, { by: human() });
    const decided = await bench.store.items.decide({
      by: human(),
      id,
      answer: "Do it by hand",
      reason: "Once a year",
      lane: LANE.manual,
    });
    expect([decided.item.lane, decided.item.leaseId]).toEqual([LANE.manual, null]);
  });
});
