import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { invoke } from "#operations/invoke.ts";
import { REGISTRY } from "#operations/registry.ts";
import { writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { contextOf, type OperationName } from "#test/operation-bench.ts";
import { human } from "#test/stores.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import { shown } from "#test/shown.ts";

const bench = openBenches();
const call = async ({ store, sandbox }: WorkerBench, name: OperationName, input = {}): Promise<unknown> =>
  invoke(contextOf(store, sandbox), await REGISTRY[name](), input);

const robot = (b: WorkerBench) => b.agent("robot", writeAndFinish("a.txt"));

/** A worker runs the item; when the agent has been started, `act` changes the repository. */
async function workWhile(b: WorkerBench, act: () => unknown): Promise<readonly string[]> {
  const gate = b.sandbox.path("gate");
  const agent = b.agent("robot", `while [ ! -e '${gate}' ]; do sleep 0.02; done; ${writeAndFinish("a.txt")}`);
  const events = await b.work([agent], {
    emit: ({ type }) => {
      if (type !== "running") return;
      act();
      void Bun.write(gate, "");
    },
  });
  return events.map(({ type }) => type);
}

const without = (b: WorkerBench) => () => b.origin.git("update-ref", "-d", "refs/heads/main");

test("WK65 a result whose target branch vanished is left to a person: nobody stays for it, and it lands once the branch is back", async () => {
  const b = await bench();
  const base = b.origin.head("main");
  const item = await b.add({ title: "Do it" });
  expect(await workWhile(b, without(b))).toContain("problem");
  const left = (await b.store.items.get({ id: item.item.id })).item;
  expect([left.state, left.phase]).toEqual(["review", "verify"]);
  // Of a worker that lives, and then of one that has ended.
  const beside = await b.work([robot(b)], {}, { workerId: "beside" });
  expect(beside.map(({ type }) => type)).toEqual(["started", "finished"]);
  const after = await b.work([robot(b)]);
  expect(after.map(({ type }) => type)).toEqual(["started", "problem", "finished"]);
  expect((await b.store.items.get({ id: item.item.id })).notes).toHaveLength(1);
  b.origin.git("update-ref", "refs/heads/main", base);
  expect((await b.work([robot(b)])).map(({ type }) => type)).toContain("done");
  expect(b.origin.git("show", "main:a.txt")).toBe("done");
  expect(await b.runsOf(item)).toHaveLength(1);
});

test("WK65 a branch that was renamed is gone on with under its new name, once the repo says it", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  await workWhile(b, () => b.origin.git("branch", "-m", "main", "trunk"));
  await b.store.projects.editRepo({ by: human(), id: b.repo.id, changes: { defaultBranch: "trunk" } });
  expect((await b.work([robot(b)])).map(({ type }) => type)).toContain("done");
  expect(b.origin.git("show", "trunk:a.txt")).toBe("done");
});

test("WK65 a branch that shares no history any more is a person's as well", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const types = await workWhile(b, () => {
    const root = b.origin.git("commit-tree", "-m", "Anew", "main^{tree}");
    b.origin.git("update-ref", "refs/heads/main", root);
  });
  expect(types.at(-2)).toBe("problem");
  const { item, notes } = await b.store.items.get({ id: 1 });
  expect([item.phase, item.notBefore !== null, notes.length]).toEqual(["verify", true, 1]);
  expect(notes[0]?.body).toContain("no common ancestor");
});

test("OP49 a result that could not be checked for want of its branch is on the board with what to do, and why says it", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  await workWhile(b, without(b));
  const status = await call(b, "status");
  expect(status).toMatchObject({ needs_you: { landing: { count: 1 } } });
  const next =
    /There is no branch "main".*sluice repo edit app --default-branch.*Then: sluice work --until-empty/;
  expect(await shown("status", status)).toMatch(next);
  expect(await shown("why", await call(b, "why", { ref: "OB-1" }))).toMatch(next);
});

test("OP54 an item that its repository blocks is on the board until a person unblocks it, and why says the reason and the command", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  b.origin.git("branch", "-m", "main", "trunk");
  await b.work([robot(b)]);
  expect((await b.store.items.get({ id: 1 })).item.state).toBe("blocked");
  const status = await call(b, "status");
  expect(status).toMatchObject({ needs_you: { blocked: { count: 1 } } });
  const next = /There is no branch "main".*Then: sluice item unblock OB-1/;
  expect(await shown("status", status)).toMatch(next);
  expect(await shown("status", status)).toContain("sluice item list --state blocked");
  expect(await shown("why", await call(b, "why", { ref: "OB-1" }))).toMatch(next);
  b.origin.git("branch", "-m", "trunk", "main");
  await call(b, "item.unblock", { ref: "OB-1" });
  expect(await call(b, "status")).toMatchObject({ needs_you: { blocked: { count: 0 } } });
  expect((await b.work([robot(b)])).map(({ type }) => type)).toContain("done");
});

test("OP54 what waits for another item needs nobody to unblock it", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  await call(b, "block", { item: "OB-1", note: "Something first", prerequisite: "First" });
  expect((await b.store.items.get({ id: 1 })).item.state).toBe("blocked");
  expect(await call(b, "status")).toMatchObject({ needs_you: { blocked: { count: 0 } } });
  expect(await call(b, "why", { ref: "OB-1" })).toMatchObject({ next_step: undefined });
});

test.each(["sqlite", "postgres"] as const)(
  "WK75 a check under way stands on the board; one that ended with its worker twice parks its item, with the cause, on %s",
  async (store) => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-check-"));
    const mark = join(folder, "begun");
    const b = await bench({ store, check: `printf x >> '${mark}'; sleep 300` });
    const item = await b.add({ title: "Do it" });
    const begun = () => (existsSync(mark) ? readFileSync(mark).length : 0);
    const board = async () => shown("status", await call(b, "status"), { now: Date.now() });
    for (const times of [1, 2]) {
      const child = b.spawn([robot(b)]);
      while (begun() < times) await Bun.sleep(5);
      expect(await board()).toMatch(/R-1 {2}OB-1 {2}Do it {2}\S+ {2}its check began/);
      child.kill("SIGKILL");
      await child.exited;
    }
    const events = await b.work([robot(b)]);
    expect(events.find(({ type }) => type === "returned")).toMatchObject({ outcome: "worker_killed" });
    expect(begun()).toBe(2);
    const { item: after, notes } = await b.store.items.get({ id: item.item.id });
    expect([after.lane, after.state, after.leaseId]).toEqual(["requires_investigation", "open", null]);
    expect(notes.map(({ body }) => body).join("\n")).toContain("ended with its worker 2 times");
    expect(await board()).not.toContain("its check began");
    rmSync(folder, { recursive: true });
  },
);
