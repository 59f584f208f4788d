import { expect, test } from "bun:test";
import { nextMidnight } from "#domain/schedule/budget.ts";
import { rawSql, whileLocked } from "#test/raw-sql.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";
import { DAY, eachStore, MINUTE, type StoreBench } from "./each-store.ts";

const by = human();

/** What a run spent; a call leaves out what it does not know. */
interface Wish {
  readonly tokens?: number;
  readonly usd?: number;
  readonly ms?: number;
}

const spentOf = ({ tokens, usd, ms }: Wish) => ({
  ...(tokens === undefined
    ? {}
    : { usage: { inputTokens: tokens, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 } }),
  costUsd: usd,
  workedMs: ms,
});

/** One run of an item that spends and ends without a result. */
async function runSpends({ claim, store }: StoreBench, id: number, spent: Wish): Promise<number> {
  const { lease, runId } = await claim(id);
  await store.runs.record({ id: runId, ...spentOf(spent) });
  await store.claims.release({ by: agent(), leaseId: lease.id, note: "Half" });
  return runId;
}

/** A day has just begun, so that no test meets its end. */
async function newDay({ store, advance }: StoreBench): Promise<void> {
  const now = await store.now();
  advance(nextMidnight(now) + MINUTE - now);
}

eachStore((bench) => {
  const ready = (project: number) => bench.store.claims.countReady({ filter: { projectIds: [project] } });

  test("RD23 an item that has spent its budget is not ready and cannot be claimed, until the budget is raised", async () => {
    const units = [
      { budget: { tokens: 1000 }, under: { tokens: 999 }, last: { tokens: 1 }, more: { tokens: 2000 } },
      { budget: { usd: 2 }, under: { usd: 1.5 }, last: { usd: 0.5 }, more: { usd: 2.5 } },
      { budget: { minutes: 5 }, under: { ms: 4 * MINUTE }, last: { ms: MINUTE }, more: { minutes: 6 } },
    ];
    for (const { budget, under, last, more } of units) {
      const { id: projectId } = await bench.project();
      const { id } = await bench.add({ projectId, budget });
      await runSpends(bench, id, under);
      expect(await ready(projectId)).toBe(1);
      await runSpends(bench, id, last);
      expect([await ready(projectId), await bench.next(projectId)]).toEqual([0, undefined]);
      for (const caller of [agent(), by]) {
        const { code, message } = await refusal(bench.claim(id, { by: caller }));
        expect(code).toBe("conflict");
        expect(message).toContain("its budget is spent");
      }
      await bench.store.items.edit({ by, id, changes: { budget: more } });
      expect((await bench.next(projectId))?.item.id).toBe(id);
    }
  });

  test("RD24 a project that has spent its budget gives no item until it is raised, others go on", async () => {
    const spender = await bench.project({ policy: { budget: { usd: 3 } } });
    const other = await bench.project();
    const { id } = await bench.add({ projectId: spender.id });
    await bench.add({ projectId: spender.id });
    await bench.add({ projectId: other.id });
    await runSpends(bench, id, { usd: 3 });
    const filter = { projectIds: [spender.id, other.id] };
    expect(await bench.store.claims.countReady({ filter })).toBe(1);
    expect(await bench.next(spender.id)).toBeUndefined();
    expect((await refusal(bench.claim(id))).message).toContain(
      `a budget of project ${spender.alias} is spent`,
    );
    expect((await bench.store.claims.summary({})).overBudget).toEqual([spender.alias]);
    expect((await bench.store.claims.summary({ projectIds: [other.id] })).overBudget).toEqual([]);
    await newDay(bench);
    expect([await ready(spender.id), await ready(other.id)]).toEqual([0, 1]);
    await bench.store.projects.edit({
      by,
      id: spender.id,
      changes: { policy: { budget: { usd: 4 } } },
    });
    expect([await ready(spender.id), (await bench.store.claims.summary({})).overBudget]).toEqual([2, []]);
  });

  test("a day's budget that is spent frees at midnight UTC, without anybody", async () => {
    await newDay(bench);
    const { id: projectId } = await bench.project({ policy: { dayBudget: { tokens: 100 } } });
    const { id } = await bench.add({ projectId });
    await runSpends(bench, id, { tokens: 100 });
    expect([await ready(projectId), await bench.next(projectId)]).toEqual([0, undefined]);
    const midnight = nextMidnight(await bench.store.now());
    expect(await bench.store.claims.spentBudgets({ id })).toEqual([
      { scope: "project_day", unit: "tokens", limit: 100, spent: 100, untilMs: midnight },
    ]);
    bench.advance(DAY - 2 * MINUTE);
    expect(await ready(projectId)).toBe(0);
    bench.advance(2 * MINUTE);
    expect(await ready(projectId)).toBe(1);
    expect(await bench.store.claims.spentBudgets({ id })).toEqual([]);
    expect((await bench.next(projectId))?.item.id).toBe(id);
  });

  test("RD26 the workspace's budget of a day counts all projects and keeps all back", async () => {
    await newDay(bench);
    const [one, two, idle] = [await bench.project(), await bench.project(), await bench.project()];
    const first = await bench.add({ projectId: one.id });
    const second = await bench.add({ projectId: two.id });
    await bench.add({ projectId: idle.id });
    const limit = (value: string) => bench.store.projects.setSetting({ by, key: "day_minutes", value });
    await limit("10");
    await runSpends(bench, first.id, { ms: 6 * MINUTE });
    expect(await ready(idle.id)).toBe(1);
    await runSpends(bench, second.id, { ms: 4 * MINUTE });
    expect([await ready(one.id), await ready(two.id), await ready(idle.id)]).toEqual([0, 0, 0]);
    expect(await bench.next(idle.id)).toBeUndefined();
    const late = await bench.project();
    await bench.add({ projectId: late.id });
    expect(await ready(late.id)).toBe(0);
    await limit("11");
    expect([await ready(idle.id), await ready(late.id)]).toEqual([1, 1]);
    await limit("0");
    expect((await bench.store.projects.settings()).day_minutes).toBeUndefined();
  });

  test("what a run spent counts once, and no token that was read again from a cache", async () => {
    const { id: projectId } = await bench.project({ policy: { budget: { tokens: 60 } } });
    const { id } = await bench.add({ projectId, budget: { tokens: 60 } });
    const { runId, lease } = await bench.claim(id);
    const usage = { inputTokens: 10, outputTokens: 20, cacheReadTokens: 9_000, cacheWriteTokens: 25 };
    await bench.store.runs.record({ id: runId, usage });
    await bench.store.runs.record({ id: runId, usage, workedMs: 5 });
    await bench.store.claims.release({ by: agent(), leaseId: lease.id, note: "Half" });
    expect(await ready(projectId)).toBe(1);
    await bench.store.runs.record({ id: runId, usage: { ...usage, outputTokens: 25 } });
    const spent = { unit: "tokens", limit: 60, spent: 60, untilMs: null };
    expect(await bench.store.claims.spentBudgets({ id })).toMatchObject([
      { scope: "item", ...spent },
      { scope: "project", ...spent },
    ]);
  });

  test("the check finds a budget's mark that does not follow from the runs, and the repair puts it right", async () => {
    const project = await bench.project({ policy: { budget: { usd: 1 } } });
    const { id } = await bench.add({ projectId: project.id, budget: { usd: 1 } });
    await runSpends(bench, id, { usd: 1 });
    const { place } = bench.test;
    const spoil = [
      [`update item set over_budget = 0 where id = ${id}`, "derived.budget"],
      [`update project set spent_until = null where id = ${project.id}`, "derived.spending"],
      [`update spending set usd = 0.25 where project_id = ${project.id}`, "derived.spending"],
      [`delete from spending where project_id = ${project.id}`, "derived.spending"],
    ] as const;
    for (const [statement, check] of spoil) {
      await rawSql(place, statement);
      expect((await bench.store.history.check({ deep: true })).map((finding) => finding.check)).toContain(
        check,
      );
      await bench.store.history.repair({ by, apply: true });
      expect(await bench.store.history.check({ deep: true })).toEqual([]);
      expect(await ready(project.id)).toBe(0);
    }
  });

  test("RD31 an agent sets no budget, and none is set out of bounds", async () => {
    const project = await bench.project();
    const { id } = await bench.add({ projectId: project.id });
    const calls = [
      () => bench.store.items.edit({ by: agent(), id, changes: { budget: { usd: 9 } } }),
      () =>
        bench.store.projects.edit({
          by: agent(),
          id: project.id,
          changes: { policy: { budget: { usd: 9 } } },
        }),
      () => bench.store.projects.setSetting({ by: agent(), key: "day_usd", value: "9" }),
    ];
    for (const call of calls) expect((await refusal(call())).code).toBe("denied");
    for (const value of ["-1", "", "many", "1e13"])
      expect((await refusal(bench.store.projects.setSetting({ by, key: "day_usd", value }))).code).toBe(
        "invalid",
      );
  });

  test("two runs that end at once both count, also those of two projects", async () => {
    await newDay(bench);
    const limit = (value: string) => bench.store.projects.setSetting({ by, key: "day_usd", value });
    await limit("8");
    const other = await bench.test.again();
    const claims = [];
    for (let n = 0; n < 8; n += 1) {
      const { id: projectId } = await bench.project();
      claims.push(await bench.claim((await bench.add({ projectId })).id));
    }
    const { id: projectId } = await bench.project();
    const last = await bench.add({ projectId });
    await Promise.all(
      claims.map(({ runId }, n) =>
        (n % 2 === 0 ? bench.store : other).runs.record({ id: runId, costUsd: 1 }),
      ),
    );
    expect(await bench.store.claims.spentBudgets({ id: last.id })).toMatchObject([{ spent: 8 }]);
    expect(await bench.next(projectId)).toBeUndefined();
    await limit("0");
  });

  // SQLite has one writer at a time: nothing is in the middle of a write there while another writes.
  if (bench.kind === "postgres")
    test("a run that ends while another is in the middle of ending counts with it", async () => {
      await newDay(bench);
      const { store, test: opened } = bench;
      const limit = (value: string) => store.projects.setSetting({ by, key: "day_usd", value });
      await limit("8");
      const { id: projectId } = await bench.project();
      const repo = await store.projects.addRepo({
        by,
        projectId,
        alias: "slow",
        path: "/slow",
        commonDir: "/slow/.git",
      });
      const { id: elsewhere } = await bench.project();
      const first = await bench.claim((await bench.add({ projectId })).id);
      const second = await bench.claim((await bench.add({ projectId: elsewhere })).id);
      const next = await bench.add({ projectId });
      const other = await opened.again();
      let [isLateDone, ends] = [false, [] as readonly Promise<void>[]];
      // What the first writes last names the repo, which somebody holds: it has counted, and nobody else sees that yet.
      await whileLocked(
        opened.place,
        `select id from repo where id = ${repo.id} for update`,
        async (waiting) => {
          const early = store.runs.record({
            id: first.runId,
            costUsd: 4,
            repo: { repoId: repo.id, target: "main" },
          });
          while ((await waiting()) < 1) await Bun.sleep(5);
          const late = other.runs
            .record({ id: second.runId, costUsd: 4 })
            .then(() => void (isLateDone = true));
          ends = [early, late];
          while (!isLateDone && (await waiting()) < 2) await Bun.sleep(5);
        },
      );
      await Promise.all(ends);
      expect(await store.claims.spentBudgets({ id: next.id })).toMatchObject([{ spent: 8 }]);
      expect([await ready(projectId), await ready(elsewhere)]).toEqual([0, 0]);
      await limit("0");
    });
});
