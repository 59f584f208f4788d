import { expect, test } from "bun:test";
import fc from "fast-check";
import { PRIORITIES, type Priority } from "#domain/kind.ts";
import { drawProjects } from "#domain/schedule/claim-order.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, worker } from "#test/stores.ts";
import { DAY, eachStore, LANE, MINUTE, type StoreBench } from "./each-store.ts";

const HOUR = 60 * MINUTE;

/** Claims until nothing is left, in the order given. */
async function drain({ next }: StoreBench, project: number): Promise<readonly number[]> {
  const order: number[] = [];
  for (let claim = await next(project); claim !== undefined; claim = await next(project))
    order.push(claim.item.id);
  return order;
}

async function runRelease({ claim, store }: StoreBench, id: number): Promise<void> {
  const { lease } = await claim(id);
  await store.claims.release({ by: agent(), leaseId: lease.id, note: "Not mine" });
}

eachStore((bench) => {
  const added = async (projectId: number, wishes: readonly { priority?: Priority }[]) => {
    const ids: number[] = [];
    for (const wish of wishes) ids.push((await bench.add({ projectId, ...wish })).id);
    return ids;
  };

  test("RD1 within a project the earliest virtual deadline comes first, whatever the order of adding", async () => {
    const { id: project } = await bench.project();
    const [p5, p4, p3, p2, p1] = await added(
      project,
      PRIORITIES.toReversed().map((priority) => ({ priority })),
    );
    expect(await drain(bench, project)).toEqual([p1, p2, p3, p4, p5].map(Number));
  });

  test("RD2 a patient item is not passed over for ever: it comes before urgent ones that became ready later", async () => {
    const { id: project } = await bench.project();
    const [old, none] = await added(project, [{ priority: "P5" }, {}]);
    bench.advance(168 * HOUR + DAY + MINUTE);
    const [urgent] = await added(project, [{ priority: "P1" }]);
    expect(await drain(bench, project)).toEqual([none, old, urgent].map(Number));
  });

  test("RD3 what a person bumps comes before every deadline", async () => {
    const { id: project } = await bench.project();
    const [urgent, bumped] = await added(project, [{ priority: "P1" }, { priority: "P5" }]);
    await bench.store.items.bump({ by: human(), id: Number(bumped) });
    expect(await drain(bench, project)).toEqual([bumped, urgent].map(Number));
  });

  test("ties go to the untried, then to the older ref", async () => {
    const { id: project } = await bench.project();
    const [tried, second, third] = await added(project, [{}, {}, {}]);
    await runRelease(bench, Number(tried));
    const places = [tried, second, third].map((id) => bench.item(Number(id)));
    const [a, b, c] = await Promise.all(places);
    bench.advance(1);
    const expected = [a, b, c]
      .toSorted(
        (x, y) =>
          (x?.deadline ?? 0) - (y?.deadline ?? 0) ||
          (x?.tried ?? 0) - (y?.tried ?? 0) ||
          (x?.id ?? 0) - (y?.id ?? 0),
      )
      .map((item) => item?.id ?? 0);
    expect(a?.tried).toBe(1);
    expect(await drain(bench, project)).toEqual(expected);
  });

  test("RD5 ready is: open, an agents' lane, no lease, no blocker, no child, its time come, no hold", async () => {
    const { id: projectId } = await bench.project();
    const add = (wish: Parameters<typeof bench.add>[0]) => bench.add({ projectId, ...wish });
    const ready = await add({});
    await add({ lane: LANE.triage });
    await bench.claim((await add({})).id);
    await add({ blockedBy: [(await bench.add()).id] });
    const parent = await add({});
    await add({ parentId: parent.id, lane: LANE.manual });
    const snoozed = await add({});
    const until = (await bench.store.now()) + DAY;
    await bench.store.items.snooze({ by: human(), id: snoozed.id, untilMs: until });
    const trigger = { text: "When it rains", conditions: [], hold: true };
    await add({ spec: { ...(await bench.get(ready.id)).spec, trigger } });
    const summary = await bench.store.claims.summary({ projectIds: [projectId] });
    expect([summary.ready, summary.leased, summary.timed]).toEqual([1, 1, 1]);
    expect(await drain(bench, projectId)).toEqual([ready.id]);
    bench.advance(DAY - MINUTE);
    const lapsed = await drain(bench, projectId);
    expect(lapsed).not.toContain(snoozed.id);
    bench.advance(MINUTE);
    expect(await drain(bench, projectId)).toContain(snoozed.id);
  });

  test("background kinds are claimed only when asked for, and never take a core slot", async () => {
    const { id: projectId } = await bench.project();
    const text = await bench.add({ projectId, kind: "write" });
    expect(await bench.next(projectId)).toBeUndefined();
    const claim = await bench.store.claims.next({
      by: agent(),
      filter: { projectIds: [projectId], class: "background" },
      ttlMs: HOUR,
      runner: {},
    });
    expect(claim?.item.id).toBe(text.id);
  });

  test("RD7 an item goes only to a runner that can do all that it needs", async () => {
    const { id: projectId } = await bench.project();
    const { id } = await bench.add({ projectId, needs: ["gpu", "browser"] });
    const request = (capabilities: readonly string[]) => ({ projectIds: [projectId], capabilities });
    for (const few of [[], ["gpu"], ["browser", "net"]]) {
      expect(await bench.store.claims.countReady({ filter: request(few) })).toBe(0);
      expect(await bench.store.claims.peek({ filter: request(few) })).toBeUndefined();
    }
    await bench.add({ projectId });
    expect(await bench.store.claims.countReady({ filter: request([]) })).toBe(1);
    expect(await bench.store.claims.countReady({ filter: request(["gpu", "browser"]) })).toBe(2);
    expect((await bench.store.claims.peek({ filter: request(["browser", "gpu"]) }))?.id).toBe(id);
  });

  test("the order of a project does not depend on what its items need", async () => {
    const { id: projectId } = await bench.project();
    const wishes = [["gpu"], [], ["net"], ["gpu"], [], ["gpu", "net"]];
    const ids: number[] = [];
    for (const needs of wishes) ids.push((await bench.add({ projectId, needs })).id);
    const filter = { projectIds: [projectId], capabilities: ["gpu", "net"] };
    const order: number[] = [];
    for (const _ of ids) {
      const claim = await bench.store.claims.next({ by: agent(), filter, ttlMs: HOUR, runner: {} });
      if (claim !== undefined) order.push(claim.item.id);
    }
    expect(order).toEqual(ids);
  });

  test("RD8 a project has at most its bound of leases, and an archived one gives none", async () => {
    const { id: projectId } = await bench.project({ maxLeases: 2 });
    await added(projectId, [{}, {}, {}]);
    const two = await drain(bench, projectId);
    expect(two).toHaveLength(2);
    const lease = (await bench.item(Number(two[0]))).leaseId ?? "";
    await bench.store.claims.release({ by: agent(), leaseId: lease, note: "Later" });
    expect(await drain(bench, projectId)).toHaveLength(1);
    await bench.store.items.close({ by: human(), id: Number(two[1]), reason: "Done", evidence: [] });
    await bench.store.projects.edit({ by: human(), id: projectId, changes: { archived: true } });
    expect(await bench.next(projectId)).toBeUndefined();
  });

  test("RD8 a claim by name keeps the bound too, a person's and two at once; what has expired takes no place", async () => {
    const { id: projectId, alias } = await bench.project({ maxLeases: 1 });
    const ids = [await bench.add({ projectId }), await bench.add({ projectId })].map(({ id }) => id);
    const both = await Promise.allSettled(ids.map((id) => bench.claim(id, { ttlMs: MIN_LEASE_MS })));
    const refused = both.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(1);
    const held = both[0]?.status === "fulfilled" ? 0 : 1;
    const other = ids[1 - held] ?? 0;
    for (const by of [agent("other"), human()])
      expect((await refusal(bench.claim(other, { by }))).message).toContain(
        `project ${alias} is at its limit of 1 lease`,
      );
    bench.advance(MIN_LEASE_MS);
    expect((await bench.claim(other)).item.id).toBe(other);
  });

  test.each(["workspace", "project", "runner"] as const)(
    "RD9 a pause of the %s lets nothing be claimed until it is resumed, and says who paused",
    async (scope) => {
      const { id: projectId, alias } = await bench.project();
      const { id } = await bench.add({ projectId });
      const name = { workspace: "", project: alias, runner: "codex" }[scope];
      const claim = () =>
        bench.store.claims.next({
          by: agent(),
          filter: { projectIds: [projectId] },
          ttlMs: HOUR,
          runner: { runner: "codex" },
        });
      await bench.store.claims.pause({ by: human("eve"), scope, name, reason: "Lunch" });
      try {
        await bench.store.claims.pause({ by: human(), scope, name });
        expect(await claim()).toBeUndefined();
        expect((await refusal(bench.claim(id, { runner: { runner: "codex" } }))).message).toContain(
          `human:eve paused the ${scope}`,
        );
        const { paused } = await bench.store.claims.summary({ projectIds: [projectId] });
        expect(paused.map((one) => [one.scope, one.by, one.reason])).toEqual([[scope, "human:eve", "Lunch"]]);
      } finally {
        await bench.store.claims.resume({ by: human(), scope, name });
      }
      expect((await claim())?.item.id).toBe(id);
    },
  );

  test("RD10 an agent neither pauses nor resumes", async () => {
    const pause = { by: agent(), scope: "workspace", name: "" } as const;
    expect((await refusal(bench.store.claims.pause(pause))).code).toBe("denied");
    expect((await refusal(bench.store.claims.resume(pause))).code).toBe("denied");
    expect(await bench.store.claims.pauses()).toEqual([]);
  });

  test("how many stand before an item is what will be claimed before it", async () => {
    const { id: project } = await bench.project();
    const ids = await added(project, [{ priority: "P4" }, { priority: "P1" }, {}, { priority: "P2" }]);
    const ahead = new Map<number, number>();
    for (const id of ids) ahead.set(id, await bench.store.claims.ahead({ id }));
    const order = await drain(bench, project);
    expect(order.map((id) => ahead.get(id))).toEqual([0, 1, 2, 3]);
  });

  test("an item in review keeps its place when it comes back", async () => {
    const { id: projectId } = await bench.project();
    const { id, readyAt, deadline } = await bench.add({ projectId });
    const { lease } = await bench.claim(id, { runner: { workerId: "w1" } });
    bench.advance(MINUTE);
    await bench.store.claims.finish({ by: agent(), leaseId: lease.id, outcome: "changed", evidence: [] });
    const leaseId = (await bench.item(id)).leaseId ?? "";
    const back = await bench.store.claims.return({
      by: worker(),
      leaseId,
      id,
      outcome: "conflict",
      reason: "Tip",
    });
    expect([back.item.state, back.item.lane, back.item.readyAt, back.item.deadline]).toEqual([
      "open",
      LANE.agent,
      readyAt,
      deadline,
    ]);
    expect(back.notes.at(-1)?.body).toContain("Tip");
  });
});

test("RD13 between projects the draw follows their weights", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 }),
      (seed, weights) => {
        const random = fc.sample(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
          seed,
          numRuns: 1,
        });
        let state = Math.trunc((random[0] ?? 0.5) * 2 ** 31) + 1;
        const next = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return state / 2 ** 32;
        };
        const entries = weights.map((weight, projectId) => ({ projectId, weight }));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const draws = 2_000;
        const wins = weights.map(() => 0);
        for (let draw = 0; draw < draws; draw += 1) {
          const order = drawProjects(entries, next);
          expect(order).toHaveLength(weights.length);
          const first = order[0]?.projectId ?? 0;
          wins[first] = (wins[first] ?? 0) + 1;
        }
        for (const [index, weight] of weights.entries()) {
          const share = weight / total;
          const deviation = Math.sqrt(draws * share * (1 - share));
          expect(Math.abs((wins[index] ?? 0) - draws * share)).toBeLessThan(6 * deviation + 1);
        }
      },
    ),
    { numRuns: 20 },
  );
});
