import { describe, expect, test } from "bun:test";
import type { Caller } from "#domain/caller.ts";
import { invoke } from "#operations/invoke.ts";
import { REGISTRY, WORKER_REGISTRY } from "#operations/registry.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, STORE_KINDS } from "#test/stores.ts";
import { portOf } from "#test/worker-bench.ts";

const HOST = "there";
const TTL = 60_000;

const queue = () => ({ from: "queue" as const, runner: "robot", capabilities: [] });

describe.each(STORE_KINDS)("on %s", (kind) => {
  test("a run is claimed, recorded, reported and landed in the names of its agent and its worker", async () => {
    await using bench = await operationBench(["app"], kind);
    const port = portOf(bench.store);
    await bench.call("item.add", { title: "Mend", lane: "autonomous_safe" });
    const { claim } = await port.claim({ host: HOST, ttl: TTL, take: queue() });
    const { run = 0, item = 0, lease = "" } = claim ?? {};
    expect(claim).toMatchObject({ item: 1, run: 1, phase: null });
    expect((await port.renew({ host: HOST, lease, ttl: TTL })).expires).toBeGreaterThan(0);
    await port.record({
      host: HOST,
      run,
      facts: { token: "abcdefghijklmnop", logBytes: 5 },
      commit: "a".repeat(40),
    });
    await port.record({ host: HOST, run, commit: "a".repeat(40) });
    await port.end({ host: HOST, run, end: { kind: "finish", note: "Done" } });
    const take = { from: "review" as const, run, phases: ["await_git" as const] };
    const review = (await port.claim({ host: HOST, ttl: TTL, take })).claim;
    const left = await port.leave({ host: HOST, lease: review?.lease ?? "", item, note: "Later" });
    expect(left.item).toMatchObject({ state: "review", lease: null });
    const { holder, logBytes, reported } = await bench.store.runs.get({ id: run });
    expect([holder, logBytes, reported]).toEqual(["ai:robot", 5, "changed"]);
    const { evidence } = await bench.store.items.get({ id: item });
    expect(evidence.filter(({ kind: one }) => one === "commit")).toHaveLength(1);
  });

  test("what a landing intends and the right to land are one: a second worker is told to wait", async () => {
    await using bench = await operationBench(["app"], kind);
    const port = portOf(bench.store);
    const repo = bench.sandbox.repo("app");
    await bench.call("repo.add", { paths: [repo.dir], project: "app" });
    await bench.call("item.add", { title: "Mend", lane: "autonomous_safe" });
    const { claim } = await port.claim({ host: HOST, ttl: TTL, take: queue() });
    const { run = 0, item = 0 } = claim ?? {};
    const on = { repoId: 1, target: "main" };
    const wish = { host: HOST, run, item, on, tip: "a".repeat(40), merge: "b".repeat(40), ttl: TTL };
    const { landing } = await port.intend(wish);
    expect((await port.intend(wish)).landing).toBeUndefined();
    expect(await bench.store.runs.landings({ runId: run })).toHaveLength(1);
    const lock = { ...on, lease: landing?.lock ?? "" };
    await port.settle({ host: HOST, landing: landing?.id ?? 0, state: "abandoned", lock });
    expect((await port.intend(wish)).landing?.id).toBe(2);
    expect(await bench.store.runs.landings({ runId: run })).toMatchObject([
      { state: "abandoned" },
      { state: "intended" },
    ]);
  });

  test("what is refused in the middle of a call leaves nothing of it", async () => {
    await using bench = await operationBench(["app"], kind);
    const port = portOf(bench.store);
    await bench.call("item.add", { title: "Mend", lane: "autonomous_safe" });
    const { claim } = await port.claim({ host: HOST, ttl: TTL, take: queue() });
    const opened = { number: 4, url: "https://forge.example/4", branch: "b", target: "main" };
    const pullRequest = { state: "open" as const, repoId: 99, ...opened };
    const { run = 0, item = 0 } = claim ?? {};
    const recorded = port.record({ host: HOST, run, commit: "a".repeat(40), pullRequest });
    expect(
      await recorded.then(
        () => "kept",
        () => "refused",
      ),
    ).toBe("refused");
    expect((await bench.store.items.get({ id: item })).evidence).toEqual([]);
  });
});

test("RW3 a worker reports no run of a person", async () => {
  await using bench = await operationBench(["app"]);
  await bench.call("item.add", { title: "Mend", lane: "autonomous_safe" });
  await bench.call("claim", { ref: "OB-1" }, { as: human("eve") });
  const end = { kind: "finish" as const, note: "Mine" };
  const { code } = await refusal(portOf(bench.store).end({ host: HOST, run: 1, end }));
  expect(code).toBe("denied");
});

test("they take an operator's token for all projects, check their input, and are no commands", async () => {
  await using bench = await operationBench(["app"]);
  const claim = await WORKER_REGISTRY["worker.claim"]();
  const call = async (as: Caller, input: object) =>
    (await refusal(invoke(bench.context(as), claim, input))).code;
  const input = { host: HOST, ttl: TTL, take: queue() };
  expect(await call(agent("robot"), input)).toBe("denied");
  expect(await call({ ...human(), projects: [1] }, input)).toBe("denied");
  expect(await call(human(), { ...input, by: "human:eve" })).toBe("invalid");
  expect(await call(human(), { ...input, ttl: 0 })).toBe("invalid");
  expect(Object.keys(WORKER_REGISTRY)).toHaveLength(13);
  expect(Object.keys(REGISTRY).filter((name) => name.startsWith("worker."))).toEqual([]);
});
