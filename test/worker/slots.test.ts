import { existsSync } from "node:fs";
import { expect, test } from "bun:test";
import { meet, writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { human } from "#test/stores.ts";
import { refusal } from "#test/refusal.ts";
import type { WorkerBench } from "#test/worker-bench.ts";

const bench = openBenches();

/** Reads a worker's events as they come, until it has printed one that matches. */
async function untilPrinted(
  child: ReturnType<WorkerBench["spawn"]>,
  text: string,
): Promise<() => Promise<string>> {
  const decoder = new TextDecoder();
  const reader = child.stdout.getReader();
  let seen = "";
  const read = async (isEnough: () => boolean): Promise<string> => {
    while (!isEnough()) {
      const { done, value } = await reader.read();
      if (done) break;
      seen += decoder.decode(value, { stream: true });
    }
    return seen;
  };
  await read(() => seen.includes(text));
  expect(seen).toContain(text);
  return () => read(() => false);
}

test("WK31 slots work at the same time in one process, and everything lands once", async () => {
  const b = await bench({ check: "ls OB-*.txt" });
  for (const title of ["One", "Two", "Three", "Four"]) await b.add({ title });
  const script = `${meet(b.sandbox.path("met"), 2)}; ${writeAndFinish("$SLUICE_ITEM.txt")}`;
  const events = await b.work([b.agent("robot", script)], { slots: 2 });
  expect(events.filter(({ type }) => type === "done")).toHaveLength(4);
  expect(b.origin.git("ls-tree", "--name-only", "main").match(/OB-\d/g)).toHaveLength(4);
  expect(b.origin.git("rev-list", "--count", "main")).toBe("5");
});

test("WK32 background kinds have slots of their own and take no core slot", async () => {
  const b = await bench();
  await b.add({ title: "Write the manual", kind: "write" });
  await b.add({ title: "Fix it" });
  const script = `${meet(b.sandbox.path("met"), 2)}; ${writeAndFinish("$SLUICE_ITEM.txt")}`;
  const events = await b.work([b.agent("robot", script)], { slots: 1, backgroundSlots: 1 });
  expect(events.filter(({ type }) => type === "done")).toHaveLength(2);
  await b.add({ title: "Write more", kind: "write" });
  const none = await b.work([b.agent("robot", "exit 1")], { slots: 1, backgroundSlots: 0 });
  expect(none.map(({ type }) => type)).toEqual(["started", "finished"]);
});

test("WK59 how long an agent worked counts: nothing is started on a spent budget, and the worker ends", async () => {
  const b = await bench();
  const [aMillisecond, anHour] = [{ minutes: 1 / 60_000 }, { minutes: 60 }];
  const item = await b.add({ title: "Costly", budget: aMillisecond });
  const cheap = await b.add({ title: "Cheap", budget: anHour });
  const failing = [b.agent("failing", "exit 1")];
  await b.work(failing, {
    emit: ({ type }) => {
      if (type === "ended") b.advance(120_000);
    },
  });
  const tries = async (one: typeof item) => (await b.runsOf(one)).length;
  expect([await tries(item), await tries(cheap)]).toEqual([1, 3]);
  expect((await b.runsOf(item)).map(({ workedMs }) => (workedMs ?? 0) >= 1)).toEqual([true]);
  const { id } = b.project;
  await b.store.projects.edit({ by: human(), id, changes: { policy: { budget: aMillisecond } } });
  await b.add({ title: "Later" });
  expect((await b.work(failing)).map(({ type }) => type)).toEqual(["started", "finished"]);
});

test("CL51 an agent that gives its item back each time is started three times, and the item waits for a person", async () => {
  const b = await bench();
  const item = await b.add({ title: "Too big" });
  await b.work([b.agent("shy", "report release 'Too big'")], {
    emit: ({ type }) => {
      if (type === "ended") b.advance(120_000);
    },
  });
  expect((await b.runsOf(item)).map(({ outcome }) => outcome)).toEqual(["released", "released", "released"]);
  expect((await b.store.items.get({ id: item.item.id })).item.lane).toBe("requires_investigation");
});

test("WK33 runners take turns, and one that a person paused gets nothing", async () => {
  const b = await bench();
  for (const title of ["One", "Two"]) await b.add({ title });
  const script = writeAndFinish("$SLUICE_ITEM.txt");
  const runners = [b.agent("first", script), b.agent("second", script)];
  const events = await b.work(runners, { backgroundSlots: 0 });
  const names = events.flatMap((event) => (event.type === "claimed" ? [event.runner] : []));
  expect(names.toSorted()).toEqual(["first", "second"]);
  await b.store.claims.pause({ by: human(), scope: "runner", name: "first" });
  for (const title of ["Three", "Four"]) await b.add({ title });
  const later = await b.work(runners);
  expect(later.flatMap((event) => (event.type === "claimed" ? [event.runner] : []))).toEqual([
    "second",
    "second",
  ]);
});

test("WK34 an item whose needs a runner does not meet is left to one that does", async () => {
  const b = await bench();
  await b.add({ title: "Do it", needs: ["browser"] });
  const robot = b.agent("robot", writeAndFinish("a.txt"));
  expect((await b.work([robot])).map(({ type }) => type)).toEqual(["started", "finished"]);
  const able = { ...robot, capabilities: ["browser"] };
  expect((await b.work([able])).map(({ type }) => type)).toContain("done");
});

test("WK35 a worker that is told to drain finishes what runs and takes nothing new", async () => {
  const b = await bench();
  for (const title of ["One", "Two"]) await b.add({ title });
  const gate = b.sandbox.path("gate");
  const script = `while [ ! -e '${gate}' ]; do sleep 0.02; done; ${writeAndFinish("$SLUICE_ITEM.txt")}`;
  const child = b.spawn([b.agent("robot", script)]);
  const rest = await untilPrinted(child, '"running"');
  child.kill("SIGTERM");
  await Bun.write(gate, "");
  const text = await rest();
  expect(await child.exited).toBe(0);
  expect(text).toContain('"why":"drained"');
  expect(text.match(/"type":"claimed"/g)).toHaveLength(1);
  const states = await Promise.all([1, 2].map(async (id) => (await b.store.items.get({ id })).item));
  expect(states.map(({ state, leaseId }) => [state, leaseId])).toEqual([
    ["done", null],
    ["open", null],
  ]);
});

test("WK36 a worker that is told to stop ends its agents and gives every lease back without an attempt", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const mark = b.sandbox.path("pid");
  const child = b.spawn([b.agent("robot", `echo half > half.txt; echo $$ > '${mark}'; sleep 60`)]);
  const rest = await untilPrinted(child, '"running"');
  while (!existsSync(mark)) await Bun.sleep(5);
  child.kill("SIGINT");
  expect(await rest()).toContain('"why":"stopped"');
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.leaseId, after.attempts, after.losses]).toEqual(["open", null, 0, 0]);
  const [run] = await b.runsOf(item);
  expect(run?.outcome).toBe("released");
  expect(b.launcher.findRunProcesses({ token: run?.token ?? "" })).toEqual([]);
  expect(b.origin.git("show", `${run?.repos[0]?.branch}:half.txt`)).toBe("half");
});

test("WK37 until empty, a back-off is waited for, and what only people can move is not", async () => {
  const b = await bench();
  await b.add({ title: "For a person", lane: "requires_decision" });
  const item = await b.add({ title: "Do it" });
  const mark = b.sandbox.path("tried");
  const script = `if [ ! -e '${mark}' ]; then touch '${mark}'; exit 1; fi; ${writeAndFinish("a.txt")}`;
  const events = await b.work([b.agent("robot", script)], {
    emit: ({ type }) => {
      // The clock goes on by itself, past the first back-off of 30 s and a tenth.
      if (type === "ended") b.advance(34_000);
    },
  });
  expect(events.at(-1)).toMatchObject({ type: "finished", why: "empty" });
  expect((await b.store.items.get({ id: item.item.id })).item.state).toBe("done");
  expect(await b.runsOf(item)).toHaveLength(2);
});

test("until empty, a worker ends when no runner may start any more, and says so", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const broken = {
    name: "broken",
    spec: { kind: "command", argv: ["/nowhere/agent"] },
    capabilities: [],
  } as const;
  const end = (await b.work([broken])).at(-1);
  expect(end).toMatchObject({ type: "finished", why: "barred", runs: 3 });
  expect(end).toHaveProperty("until", expect.any(Number));
  await b.store.items.drop({ by: human(), id: 1, reason: "Not needed" });
  expect((await b.work([broken])).at(-1)).toMatchObject({ why: "empty" });
});

test("until empty, a worker stays while another is at work and takes up what that leaves", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const gate = b.sandbox.path("gate");
  const script = `while [ ! -e '${gate}' ]; do sleep 0.02; done; report release "Not mine"`;
  const child = b.spawn([b.agent("first", script)]);
  const rest = await untilPrinted(child, '"running"');
  child.kill("SIGTERM");
  let pauses = 0;
  const sleep: typeof b.deps.sleep = async (ms, signal) => {
    pauses += 1;
    if (pauses === 3) await Bun.write(gate, "");
    return b.deps.sleep(ms, signal);
  };
  const events = await b.work(
    [b.agent("second", writeAndFinish("a.txt"))],
    {},
    { sleep, workerId: "second" },
  );
  await Bun.write(gate, "");
  await rest();
  expect(events.map(({ type }) => type)).toContain("done");
  expect((await b.runsOf(item)).map(({ runner }) => runner)).toEqual(["first", "second"]);
});

test("after three failed attempts an item is parked and the worker goes on", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  await b.work([b.agent("robot", "exit 1")], {
    emit: ({ type }) => {
      if (type === "ended") b.advance(120_000);
    },
  });
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.lane, after.attempts]).toEqual(["requires_investigation", 3]);
});

test("WK39 a worker without a runner is refused", async () => {
  const b = await bench();
  expect(await refusal(b.work([]))).toMatchObject({ code: "invalid" });
});
