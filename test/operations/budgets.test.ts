import { expect, test } from "bun:test";
import { z } from "zod";
import { nextMidnight } from "#domain/schedule/budget.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";

const Why = z.object({
  claimable: z.boolean(),
  reasons: z.array(z.object({ code: z.string(), text: z.string() })),
});

const usage = (tokens: number) => ({
  inputTokens: tokens,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
});

/** One run of OB-1 that spends. */
async function spend(
  { store }: OperationBench,
  spent: { readonly tokens: number; readonly costUsd: number; readonly workedMs: number },
): Promise<void> {
  const { runId, lease } = await store.claims.item({ by: agent(), id: 1, ttlMs: 60_000, runner: {} });
  await store.runs.record({
    id: runId,
    usage: usage(spent.tokens),
    costUsd: spent.costUsd,
    workedMs: spent.workedMs,
  });
  await store.claims.release({ by: agent(), leaseId: lease.id, note: "Half" });
}

test("RD28 why names each spent budget, how much, until when, and a command that raises it", async () => {
  await using bench = await operationBench();
  const now = await bench.store.now();
  bench.workspace.advance(nextMidnight(now) + 60_000 - now);
  await bench.call("item.add", { title: "One", lane: "autonomous_safe", maxTokens: 20_000 });
  await bench.call("project.edit", { project: "app", maxUsd: 7.5, dayMinutes: 30 });
  await bench.call("config.set", { key: "day_usd", value: "7" });
  await spend(bench, { tokens: 21_500, costUsd: 8.256, workedMs: 31 * 60_000 });
  const why = async () => Why.parse(await bench.call("why", { ref: "OB-1" }));
  const midnight = new Date(nextMidnight(await bench.store.now())).toISOString();
  const { claimable, reasons } = await why();
  expect(claimable).toBe(false);
  expect(reasons).toEqual([
    {
      code: "budget",
      text: "Its budget is spent: 21,500 tokens of 20,000 tokens; raise it with: sluice item edit OB-1 --max-tokens 40000",
    },
    {
      code: "budget",
      text: "The budget of project app is spent: 8.26 USD of 7.50 USD; raise it with: sluice project edit app --max-usd 15",
    },
    {
      code: "budget",
      text: `Today's budget of project app is spent: 31 minutes of 30 minutes; it frees ${midnight}; raise it with: sluice project edit app --day-minutes 60`,
    },
    {
      code: "budget",
      text: `Today's budget of the workspace is spent: 8.26 USD of 7.00 USD; it frees ${midnight}; raise it with: sluice config set day_usd 14`,
    },
  ]);
  const refused = await refusal(bench.call("claim", {}, { as: agent() }));
  expect([refused.code, refused.message]).toEqual([
    "nothing_ready",
    "Nothing is ready: 1 project over budget, 1 blocked",
  ]);
  expect(await bench.call("status")).toMatchObject({ over_budget: ["app"] });
  await bench.call("item.edit", { ref: "OB-1", maxTokens: 40_000 });
  await bench.call("project.edit", { project: "app", maxUsd: 15, dayMinutes: 60 });
  await bench.call("config.set", { key: "day_usd", value: "14" });
  expect(await why()).toMatchObject({ claimable: true, reasons: [] });
});

test("RD31 each unit of a budget is set by itself, 0 takes it away, and undo takes the change back", async () => {
  await using bench = await operationBench();
  const edit = (input: object) => bench.call("item.edit", { ref: "OB-1", ...input });
  await bench.call("item.add", { title: "One", lane: "autonomous_safe", maxUsd: 2 });
  expect(await edit({ maxMinutes: 30 })).toMatchObject({ item: { budget: { usd: 2, minutes: 30 } } });
  expect(await edit({ maxUsd: 0 })).toMatchObject({ item: { budget: { minutes: 30 } } });
  await bench.call("undo", { ref: "OB-1" });
  expect(await bench.call("item.show", { ref: "OB-1" })).toMatchObject({
    item: { budget: { usd: 2, minutes: 30 } },
  });
  const none = z.object({ item: z.looseObject({ budget: z.undefined().optional() }) });
  none.parse(await edit({ maxUsd: 0, maxMinutes: 0 }));
  await bench.call("project.edit", { project: "app", maxTokens: 5, dayUsd: 3 });
  const cleared = await bench.call("project.edit", { project: "app", maxTokens: 0 });
  expect(cleared).toMatchObject({ project: { day_budget: { usd: 3 } } });
  z.object({ project: z.looseObject({ budget: z.undefined().optional() }) }).parse(cleared);
  expect((await refusal(edit({ maxUsd: -1 }))).code).toBe("invalid");
  const bySomeAgent = refusal(bench.call("item.edit", { ref: "OB-1", maxUsd: 9 }, { as: agent() }));
  expect((await bySomeAgent).code).toBe("denied");
  expect(await bench.call("config.set", { key: "day_usd", value: "3" }, { as: human() })).toMatchObject({
    settings: expect.arrayContaining([{ key: "day_usd", value: "3" }]) as unknown,
  });
});
