import { expect, test } from "bun:test";
import type { NewItem } from "#operations/ports/store/item-store.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";
import { DAY, eachStore, LANE, MINUTE, type StoreBench } from "./each-store.ts";

const by = human();
const BY_DEADLINE = "system:deadline";
const CHOICE = { question: "Slate or tiles?", options: ["slate", "tiles"], defaultOption: "tiles" };
/** A person's answer and a claim meet within a millisecond or two. */
const ROUNDS = 12;

const ALLOWED = { policy: { questionDefaultsBy: "human:ada" } };

/** An item on which an agent asked, with a day to answer. */
async function asked(
  bench: StoreBench,
  wish: Partial<NewItem> & { readonly projectId: number },
  question: {
    readonly question: string;
    readonly options: readonly string[];
    defaultOption?: string;
  } = CHOICE,
): Promise<number> {
  const { id } = await bench.add(wish);
  const { lease } = await bench.claim(id, wish.lane === undefined ? {} : { by });
  const deadlineMs = (await bench.store.now()) + DAY;
  await bench.store.claims.ask({ by: agent(), leaseId: lease.id, ...question, deadlineMs });
  return id;
}

const decisions = async ({ store }: StoreBench, id: number) =>
  (
    await store.history.events({ stream: "item", streamId: id, newestFirst: true, page: { limit: 50 } })
  ).items.filter(({ operation }) => operation === "decide");

eachStore((bench) => {
  test("CL45 a default that a person allowed is taken at the deadline, by the product, and the item is back in its place", async () => {
    const { id: projectId } = await bench.project(ALLOWED);
    const before = await bench.add({ projectId, priority: "P1" });
    const id = await asked(bench, { projectId, priority: "P1" });
    const { readyAt } = await bench.item(id);
    await bench.add({ projectId });
    expect((await bench.get(id)).questions).toMatchObject([{ defaultAllowedBy: "human:ada", answer: null }]);
    bench.advance(DAY - MINUTE);
    expect((await bench.next(projectId))?.item.id).toBe(before.id);
    expect((await bench.item(id)).lane).toBe(LANE.decision);
    bench.advance(2 * MINUTE);
    expect((await bench.next(projectId))?.item.id).toBe(id);
    const after = await bench.get(id);
    expect([after.item.lane, after.item.resumeLane, after.item.readyAt, after.item.answerBy]).toEqual([
      LANE.agent,
      null,
      readyAt,
      null,
    ]);
    expect(after.grantBy).toBe("human:ada");
    const answer = { answer: "tiles", reason: "By default at the deadline", answeredBy: BY_DEADLINE };
    expect(after.questions).toMatchObject([answer]);
    expect(after.notes.at(-1)).toMatchObject({ kind: "decision", actor: BY_DEADLINE });
    expect(await decisions(bench, id)).toMatchObject([{ actor: BY_DEADLINE, changes: { answer: "tiles" } }]);
  });

  test("CL45 whatever looks at the item takes it: a claim by name, a worker that looks for reviews", async () => {
    const { id: projectId } = await bench.project(ALLOWED);
    const named = await asked(bench, { projectId });
    bench.advance(DAY + MINUTE);
    expect((await bench.claim(named)).item).toMatchObject({ id: named, lane: LANE.agent });
    const found = await asked(bench, { projectId });
    bench.advance(DAY + MINUTE);
    await bench.store.claims.takeReview({ by: human(), ttlMs: MINUTE, phases: ["verify"] });
    expect((await bench.item(found)).lane).toBe(LANE.agent);
  });

  test("CL46 without a default, a deadline or the permission, then and when it was asked, a question stays open", async () => {
    const { id: projectId } = await bench.project();
    const allow = (policy: object) => bench.store.projects.edit({ by, id: projectId, changes: { policy } });
    const early = await asked(bench, { projectId });
    await allow(ALLOWED.policy);
    const open = await asked(bench, { projectId }, { question: "Which?", options: ["a", "b"] });
    const { id: undated } = await bench.add({ projectId });
    const { lease } = await bench.claim(undated);
    await bench.store.claims.ask({ by: agent(), leaseId: lease.id, ...CHOICE });
    bench.advance(DAY + MINUTE);
    expect(await bench.next(projectId)).toBeUndefined();
    const revoked = await asked(bench, { projectId });
    await allow({ questionDefaultsBy: undefined });
    bench.advance(DAY + MINUTE);
    expect(await bench.next(projectId)).toBeUndefined();
    for (const id of [early, open, undated, revoked]) {
      const { item, questions } = await bench.get(id);
      expect([item.lane, questions[0]?.answer]).toEqual([LANE.decision, null]);
    }
    expect((await bench.store.items.decide({ by, id: open, answer: "a", reason: "" })).item.lane).toBe(
      LANE.agent,
    );
  });

  test("what a person answered, moved on or dropped takes no default; what somebody holds, when nobody does any more", async () => {
    const { id: projectId } = await bench.project(ALLOWED);
    const { items } = bench.store;
    const answered = await asked(bench, { projectId });
    await items.decide({ by, id: answered, answer: "slate", reason: "It lasts", lane: LANE.manual });
    const moved = await asked(bench, { projectId });
    await items.move({ by, id: moved, lane: LANE.manual });
    const dropped = await asked(bench, { projectId });
    await items.drop({ by, id: dropped, reason: "Sold" });
    const held = await asked(bench, { projectId });
    bench.advance(DAY - MINUTE);
    await bench.claim(held, { by });
    bench.advance(2 * MINUTE);
    expect(await bench.next(projectId)).toBeUndefined();
    expect((await bench.item(held)).lane).toBe(LANE.decision);
    bench.advance(DAY);
    const claims = [await bench.next(projectId), await bench.next(projectId)];
    expect(claims.map((claim) => claim?.item.id)).toContain(held);
    await items.reopen({ by, id: dropped, reason: "Bought back" });
    await bench.next(projectId);
    expect((await bench.get(answered)).questions[0]?.answer).toBe("slate");
    expect([(await bench.item(moved)).lane, (await bench.item(dropped)).lane]).toEqual([
      LANE.manual,
      LANE.triage,
    ]);
  });

  test("a blocked item takes its default, and goes on in its lane when the block is over", async () => {
    const { id: projectId } = await bench.project(ALLOWED);
    const id = await asked(bench, { projectId });
    const { id: blocker } = await bench.add({ projectId: (await bench.project()).id });
    await bench.store.claims.blockItem({ by, id, note: "Rain" });
    await bench.store.items.link({ by, fromId: id, kind: "blocked_by", toKind: "item", toId: blocker });
    bench.advance(DAY + MINUTE);
    expect(await bench.next(projectId)).toBeUndefined();
    const { item, questions } = await bench.get(id);
    expect([item.state, item.lane, questions[0]?.answer]).toEqual(["blocked", LANE.agent, "tiles"]);
    await bench.store.items.close({ by, id: blocker, reason: "Dry", evidence: [] });
    expect((await bench.next(projectId))?.item.id).toBe(id);
  });

  test("a default leads to triage where the lane it came from is gone", async () => {
    const { id: projectId } = await bench.project(ALLOWED);
    const { projects } = bench.store;
    await projects.setLanes({
      by,
      change: (lanes) => [...lanes, { name: "sketch", order: 9, role: "manual" }],
    });
    const id = await asked(bench, { projectId, lane: "sketch" });
    await projects.setLanes({ by, change: (lanes) => lanes.filter(({ name }) => name !== "sketch") });
    bench.advance(DAY + MINUTE);
    expect(await bench.next(projectId)).toBeUndefined();
    expect((await bench.item(id)).lane).toBe(LANE.triage);
  });

  test("CL48 an answer and the deadline at the same moment: one of them stands, the other is refused or does nothing", async () => {
    const { id: projectId } = await bench.project(ALLOWED);
    const other = await bench.test.again();
    for (let round = 0; round < ROUNDS; round += 1) {
      const id = await asked(bench, { projectId });
      bench.advance(DAY + MINUTE);
      const answer = { by, id, answer: "slate", reason: "It lasts", lane: LANE.manual };
      const filter = { projectIds: [projectId] };
      const [mine, claim] = await Promise.allSettled([
        bench.store.items.decide(answer),
        other.claims.next({ by: agent(), filter, ttlMs: MINUTE, runner: {} }),
      ]);
      expect(claim.status).toBe("fulfilled");
      const { item, questions } = await bench.get(id);
      if (mine.status === "rejected") expect(mine.reason).toMatchObject({ code: "conflict" });
      const stands = mine.status === "fulfilled" ? ["slate", LANE.manual] : ["tiles", LANE.agent];
      expect([questions[0]?.answer, item.lane]).toEqual(stands);
      expect(await decisions(bench, id)).toHaveLength(1);
      if (item.leaseRunId !== null)
        await bench.store.claims.end({ by, runId: item.leaseRunId, outcome: "revoked" });
      await bench.store.items.drop({ by, id, reason: "Next round" });
    }
  }, 60_000);

  test("a deadline that has passed is refused, and the lease goes on", async () => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id);
    const late = { by: agent(), leaseId: lease.id, ...CHOICE, deadlineMs: await bench.store.now() };
    expect((await refusal(bench.store.claims.ask(late))).code).toBe("invalid");
    expect((await bench.item(id)).leaseId).toBe(lease.id);
  });

  test("a default that is due counts as ready where it leads back to agents, and is what the next claim gives", async () => {
    const { id: projectId } = await bench.project(ALLOWED);
    const ready = () => bench.store.claims.countReady({ filter: { projectIds: [projectId] } });
    const manual = await asked(bench, { projectId, lane: LANE.manual });
    const id = await asked(bench, { projectId });
    expect([await ready(), await bench.store.claims.peek({ filter: { projectIds: [projectId] } })]).toEqual([
      0,
      undefined,
    ]);
    bench.advance(DAY + MINUTE);
    expect(await ready()).toBe(1);
    expect((await bench.store.claims.peek({ filter: { projectIds: [projectId] } }))?.id).toBe(id);
    expect((await bench.next(projectId))?.item.id).toBe(id);
    expect([(await bench.item(manual)).lane, await ready()]).toEqual([LANE.manual, 0]);
  });
});
