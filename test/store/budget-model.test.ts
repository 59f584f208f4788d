import { expect, test } from "bun:test";
import fc from "fast-check";
import { nextMidnight } from "#domain/schedule/budget.ts";
import { agent, human } from "#test/stores.ts";
import { DAY, eachStore, MINUTE, type StoreBench } from "./each-store.ts";

const PROJECTS = 2;
const ITEMS = 4;
/** Histories of a default run: together at most 15 s on two processors. */
const HISTORIES = { sqlite: 25, postgres: 8 } as const;
const by = human();
const UNITS = ["tokens", "usd", "minutes"] as const;
type Unit = (typeof UNITS)[number];
type Amounts = Record<Unit, number>;
const NONE: Amounts = { tokens: 0, usd: 0, minutes: 0 };

const unit = fc.constantFrom<Unit>(...UNITS);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("spend" as const),
      item: fc.nat({ max: ITEMS - 1 }),
      unit,
      amount: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("limit" as const),
      scope: fc.constantFrom(
        "item" as const,
        "project" as const,
        "project day" as const,
        "workspace" as const,
      ),
      at: fc.nat({ max: ITEMS - 1 }),
      unit,
      /** 0 takes the bound away. */
      limit: fc.integer({ min: 0, max: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 30 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The rules in the plainest form: every run with its day, and every limit. */
class Model {
  readonly runs: { item: number; day: number; spent: Amounts }[] = [];
  readonly limits = new Map<string, Amounts>();
  /** Hours since the first midnight. */
  hours = 0;

  limitOf(scope: string, at: number): Amounts {
    const key = `${scope} ${scope === "item" ? at : scope === "workspace" ? 0 : at % PROJECTS}`;
    const found = this.limits.get(key) ?? { ...NONE };
    this.limits.set(key, found);
    return found;
  }

  isReady(item: number): boolean {
    const today = Math.floor(this.hours / 24);
    const sameProject = (run: { item: number }) => run.item % PROJECTS === item % PROJECTS;
    return (
      this.isBelow("item", item, (run) => run.item === item) &&
      this.isBelow("project", item, sameProject) &&
      this.isBelow("project day", item, (run) => sameProject(run) && run.day === today) &&
      this.isBelow("workspace", item, (run) => run.day === today)
    );
  }

  private isBelow(
    scope: string,
    at: number,
    counts: (run: { item: number; day: number }) => boolean,
  ): boolean {
    const limits = this.limitOf(scope, at);
    return UNITS.every((name) => {
      const spent = this.runs.filter(counts).reduce((sum, run) => sum + run.spent[name], 0);
      return limits[name] === 0 || spent < limits[name];
    });
  }
}

const budgetOf = (limits: Amounts) =>
  Object.fromEntries(UNITS.filter((name) => limits[name] > 0).map((name) => [name, limits[name]]));

function recordOf({ tokens, usd, minutes }: Amounts) {
  return {
    usage: { inputTokens: tokens, outputTokens: 0, cacheReadTokens: 7, cacheWriteTokens: 0 },
    costUsd: usd,
    workedMs: minutes * MINUTE,
  };
}

async function follow(bench: StoreBench, steps: readonly Step[]): Promise<void> {
  const { store, advance } = bench;
  const model = new Model();
  for (const key of ["day_tokens", "day_usd", "day_minutes"] as const)
    await store.projects.setSetting({ by, key, value: "0" });
  const projects: number[] = [];
  for (let n = 0; n < PROJECTS; n += 1) projects.push((await bench.project()).id);
  const items: number[] = [];
  for (let n = 0; n < ITEMS; n += 1)
    items.push((await bench.add({ projectId: projects[n % PROJECTS] ?? 0 })).id);
  const start = await store.now();
  advance(nextMidnight(start) + MINUTE - start);
  const newest = new Map<number, { run: number; at: number }>();

  const acts: { [K in Step["do"]]: (one: Extract<Step, { do: K }>) => Promise<void> } = {
    // An item that is ready gets a run; one that is not spends in the run that it had.
    spend: async ({ item, unit: name, amount }) => {
      const id = items[item] ?? 0;
      if (model.isReady(item)) {
        const { lease, runId } = await bench.claim(id);
        await store.claims.release({ by: agent(), leaseId: lease.id, note: "Half" });
        newest.set(item, { run: runId, at: model.runs.length });
        model.runs.push({ item, day: Math.floor(model.hours / 24), spent: { ...NONE } });
      }
      const last = newest.get(item);
      const known = model.runs[last?.at ?? -1];
      if (last === undefined || known === undefined) return;
      known.spent[name] += amount;
      await store.runs.record({ id: last.run, ...recordOf(known.spent) });
    },
    limit: async ({ scope, at, unit: name, limit }) => {
      const limits = model.limitOf(scope, at);
      limits[name] = limit;
      const budget = budgetOf(limits);
      if (scope === "item") await store.items.edit({ by, id: items[at] ?? 0, changes: { budget } });
      else if (scope === "workspace")
        await store.projects.setSetting({ by, key: `day_${name}`, value: String(limit) });
      else {
        const id = projects[at % PROJECTS] ?? 0;
        await store.projects.edit({
          by,
          id,
          changes: { policy: scope === "project" ? { budget } : { dayBudget: budget } },
        });
      }
    },
    wait: async ({ hours }) => {
      advance((hours * DAY) / 24);
      model.hours += hours;
    },
  };
  for (const one of steps) {
    await (one.do === "spend" ? acts.spend(one) : one.do === "limit" ? acts.limit(one) : acts.wait(one));
    const expected = projects.map(
      (_, project) => items.filter((_id, item) => item % PROJECTS === project && model.isReady(item)).length,
    );
    const seen = [];
    for (const id of projects) seen.push(await store.claims.countReady({ filter: { projectIds: [id] } }));
    expect([one, seen]).toEqual([one, expected]);
    for (const [item, id] of items.entries())
      expect([one, item, (await store.claims.spentBudgets({ id })).length === 0]).toEqual([
        one,
        item,
        model.isReady(item),
      ]);
  }
}

eachStore((bench) => {
  test("what is ready is what the runs and the limits say, and the check finds nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
        await follow(bench, steps);
        expect(await bench.store.history.check({ deep: true })).toEqual([]);
      }),
      { numRuns: Number(process.env["SLUICE_TEST_HISTORIES"] ?? HISTORIES[bench.kind]), endOnFailure: false },
    );
  }, 600_000);
});
