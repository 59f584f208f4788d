import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { openBenches } from "#test/open-benches.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import type { WorkerEvent } from "#worker/worker-event.ts";

const bench = openBenches();

const WORK = `echo "$SLUICE_ITEM" > "$SLUICE_ITEM.txt"; git add -A; git commit --quiet -m "Write it"; report finish changed`;

/** Reads a worker's events until one is of the type, then kills the worker outright. */
async function killAt(
  b: WorkerBench,
  child: ReturnType<WorkerBench["spawn"]>,
  type: WorkerEvent["type"],
): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (!text.includes(`"type":"${type}"`)) continue;
    child.kill("SIGKILL");
    break;
  }
  await child.exited;
  expect(text).toContain(`"type":"${type}"`);
}

/** Everything done, each result once on the target, nothing parked, nothing broken. */
async function expectFinal(b: WorkerBench, count: number): Promise<void> {
  for (let id = 1; id <= count; id += 1) {
    const { item, evidence } = await b.store.items.get({ id });
    expect([item.id, item.state, item.lane]).toEqual([id, "done", "autonomous_safe"]);
    expect(evidence).toHaveLength(1);
    const subjects = b.origin.git("log", "--format=%s", "main").split("\n");
    expect(subjects.filter((subject) => subject.includes(`OB-${id}:`))).toEqual([`OB-${id}: Write it`]);
  }
  expect(b.origin.git("worktree", "list").split("\n")).toHaveLength(1);
  expect(b.origin.git("fsck", "--no-dangling", "--no-progress")).toBe("");
  expect(await b.store.history.check({ deep: true })).toEqual([]);
}

test.each(["started", "claimed", "prepared", "running", "checking", "checked", "landed", "done"] as const)(
  "WK2 a worker killed right after %s leaves nothing that one plain worker does not finish",
  async (type) => {
    const b = await bench({ check: "ls OB-*.txt" });
    await b.add({ title: "First" });
    await b.add({ title: "Second" });
    const robot = b.agent("robot", WORK);
    await killAt(b, b.spawn([robot]), type);
    await b.work([robot]);
    await expectFinal(b, 2);
  },
);

test("WK40 what an agent of a dead worker still runs is ended, its work kept, and the loss counted", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const mark = b.sandbox.path("pid");
  const script = `if [ ! -e '${mark}' ]; then echo half > half.txt; echo $$ > '${mark}'; sleep 300; fi; ${WORK}`;
  const robot = b.agent("robot", script);
  const child = b.spawn([robot]);
  while (!existsSync(mark)) await Bun.sleep(5);
  child.kill("SIGKILL");
  await child.exited;
  const events = await b.work([robot]);
  expect(events.find(({ type }) => type === "recovered")).toMatchObject({ run: "R-1" });
  const [first] = await b.runsOf(item);
  expect(first?.outcome).toBe("interrupted");
  expect(b.launcher.findRunProcesses({ token: first?.token ?? "" })).toEqual([]);
  expect(b.origin.git("show", `${first?.repos[0]?.branch}:half.txt`)).toBe("half");
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.attempts, after.losses]).toEqual(["done", 0, 1]);
});

test("what is left of a worktree whose removal was cut short is removed, and a person's own worktree stays", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const robot = b.agent("robot", WORK);
  await b.work([robot]);
  const left = join(b.stateDir, "worktrees", "app", "R-1.removing");
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, "half"), "gone");
  const theirs = b.sandbox.path("R-1");
  b.origin.git("worktree", "add", "--quiet", "--detach", theirs, "main");
  rmSync(theirs, { recursive: true });
  const landed = b.origin.head("main");
  await b.work([robot]);
  expect([existsSync(left), b.origin.head("main")]).toEqual([false, landed]);
  expect(b.origin.git("worktree", "list", "--porcelain")).toContain(theirs);
  expect((await b.store.items.get({ id: item.item.id })).item.state).toBe("done");
});

test("a living worker's runs are left alone by another", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const [mark, gate] = [b.sandbox.path("pid"), b.sandbox.path("gate")];
  const script = `touch '${mark}'; while [ ! -e '${gate}' ]; do sleep 0.02; done; ${WORK}`;
  const child = b.spawn([b.agent("robot", script)]);
  while (!existsSync(mark)) await Bun.sleep(5);
  let pauses = 0;
  const sleep: typeof b.deps.sleep = async (ms, signal) => {
    pauses += 1;
    // Long enough for several looks at what dead workers may have left.
    if (pauses === 100) await Bun.write(gate, "");
    return b.deps.sleep(ms, signal);
  };
  const events = await b.work([b.agent("other", "exit 1")], {}, { sleep });
  expect(events.map(({ type }) => type)).toEqual(["started", "finished"]);
  expect(await child.exited).toBe(0);
  await expectFinal(b, 1);
});
