import { expect, test } from "bun:test";
import { invoke } from "#operations/invoke.ts";
import { REGISTRY } from "#operations/registry.ts";
import { writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { contextOf, type OperationName } from "#test/operation-bench.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import { shown } from "#test/shown.ts";

const bench = openBenches();
const call = async ({ store, sandbox }: WorkerBench, name: OperationName, input = {}): Promise<unknown> =>
  invoke(contextOf(store, sandbox), await REGISTRY[name](), input);

/** Finished, checked work that its worker left to the person who has the target checked out; answers the commit. */
async function left(b: WorkerBench): Promise<string> {
  await b.add({ title: "Do it" });
  await b.work([b.agent("robot", writeAndFinish("a.txt"))]);
  const [landing] = await b.store.runs.landings({ runId: 1 });
  return landing?.merge ?? "";
}

const KEPT = { checkedOut: true, repo: { fastForward: false } } as const;

test("OP49 work that a worker left to a person is on the board with the command that takes it, and why says it", async () => {
  const b = await bench(KEPT);
  await left(b);
  const status = await call(b, "status");
  expect(status).toMatchObject({ needs_you: { landing: { count: 1 }, review: { count: 0 } } });
  const step = `main is checked out at ${b.origin.dir}, and stays there. Then: sluice land OB-1`;
  expect(await shown("status", status)).toContain(step);
  expect(await shown("why", await call(b, "why", { ref: "OB-1" }))).toContain(step);
});

test("GJ12 a scan settles what a person took from a worker, and nothing before they did", async () => {
  const b = await bench(KEPT);
  const commit = await left(b);
  expect(await call(b, "git.scan")).toMatchObject({ settled: [] });
  b.origin.git("merge", "--quiet", "--ff-only", commit);
  expect(await call(b, "git.scan")).toMatchObject({ settled: ["OB-1"] });
  const { item, evidence } = await b.store.items.get({ id: 1 });
  expect([item.state, evidence.map(({ value }) => value)]).toEqual(["done", [commit]]);
  expect(await call(b, "status")).toMatchObject({ needs_you: { landing: { count: 0 } } });
  expect(await call(b, "git.scan")).toMatchObject({ settled: [], unlanded: [] });
});

test("GJ12 a branch that the person merged counts as well, a commit that the agent names does not", async () => {
  const b = await bench(KEPT);
  const begin = b.origin.head("main");
  await left(b);
  await b.store.items.addEvidence({
    by: contextOf(b.store, b.sandbox).caller,
    id: 1,
    kind: "commit",
    value: begin,
  });
  expect(await call(b, "git.scan")).toMatchObject({ settled: [] });
  const [run] = await b.runsOf(await b.store.items.get({ id: 1 }));
  const { branch } = run?.repos[0] ?? {};
  b.origin.git("merge", "--quiet", "--no-ff", "-m", "Take it", branch ?? "");
  expect(await call(b, "git.scan")).toMatchObject({ settled: ["OB-1"] });
});
