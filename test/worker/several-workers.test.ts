import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { meet, writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { stopBetweenWrites } from "#test/stop-process.ts";
import { human, STORE_KINDS } from "#test/stores.ts";
import type { WorkerEvent } from "#worker/worker-event.ts";

const bench = openBenches();

test.each(STORE_KINDS)("two worker processes drain one queue on %s, each item once", async (store) => {
  const b = await bench({ store, check: "ls OB-*.txt" });
  for (const title of ["One", "Two", "Three", "Four", "Five"]) await b.add({ title });
  const script = `${meet(b.sandbox.path("met"), 2)}; ${writeAndFinish("$SLUICE_ITEM.txt")}`;
  const workers = ["first", "second"].map((name) => b.spawn([b.agent(name, script)]));
  const printed = await Promise.all(workers.map(({ stdout }) => new Response(stdout).text()));
  expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0]);
  const claims = printed.flatMap((text) => text.match(/"type":"claimed","ref":"OB-\d"/g) ?? []);
  expect(new Set(claims).size).toBe(5);
  expect(claims).toHaveLength(5);
  expect(printed.every((text) => text.includes('"type":"claimed"'))).toBe(true);
  expect(b.origin.git("rev-list", "--count", "main")).toBe("6");
  expect(b.origin.git("ls-tree", "--name-only", "main").match(/OB-\d/g)).toHaveLength(5);
});

test("a worker that was stopped past its lease and wakes changes nothing", async () => {
  const b = await bench({ check: "ls OB-*.txt" });
  const item = await b.add({ title: "Do it" });
  const [mark, gate] = [b.sandbox.path("mark"), b.sandbox.path("gate")];
  const slow = `touch '${mark}'; while [ ! -e '${gate}' ]; do sleep 0.02; done; echo late > late.txt; git add -A; git commit --quiet -m Late; report finish changed`;
  const child = b.spawn([b.agent("slow", slow)]);
  while (!existsSync(mark)) await Bun.sleep(5);
  await stopBetweenWrites(child.pid, b.place);
  b.advance(16 * 60_000);
  await b.work([b.agent("robot", writeAndFinish("$SLUICE_ITEM.txt"))]);
  const main = b.origin.head("main");
  const { item: done } = await b.store.items.get({ id: item.item.id });
  expect(done.state).toBe("done");
  await Bun.write(gate, "");
  child.kill("SIGCONT");
  expect(await child.exited).toBe(0);
  expect(b.origin.head("main")).toBe(main);
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect(after).toEqual(done);
  expect((await b.runsOf(item)).map(({ outcome }) => outcome)).toEqual(["expired", "changed"]);
  expect(await b.store.history.check({ deep: true })).toEqual([]);
});

test("work for a remote target is pushed there, on top of what others pushed meanwhile", async () => {
  const b = await bench({ check: "ls OB-*.txt", repo: { target: "remote" } });
  const remote = b.sandbox.repo("remote", { bare: true });
  b.origin.git("remote", "add", "origin", remote.dir);
  b.origin.git("push", "--quiet", "origin", "main");
  const item = await b.add({ title: "Do it" });
  let pushed = false;
  await b.work([b.agent("robot", writeAndFinish("$SLUICE_ITEM.txt"))], {
    emit: ({ type }) => {
      if (type !== "checking" || pushed) return;
      pushed = true;
      const other = b.sandbox.clone(remote.dir, "other");
      other.commit({ message: "Meanwhile", files: { "b.txt": "b" } });
      other.git("push", "--quiet", "origin", "main");
    },
  });
  expect((await b.store.items.get({ id: item.item.id })).item.state).toBe("done");
  expect(remote.git("log", "--format=%s", "main").split("\n")).toEqual([
    "OB-1: Write it",
    "Meanwhile",
    "Begin",
  ]);
  expect(b.origin.git("log", "--format=%s", "main")).toBe("Begin");
});

test("WK46 a remote that refuses keeps the work on its branch, in phase land, with what to do", async () => {
  const b = await bench({ repo: { target: "remote" } });
  const remote = b.sandbox.repo("remote", { bare: true });
  b.origin.git("remote", "add", "origin", remote.dir);
  b.origin.git("push", "--quiet", "origin", "main");
  const hook = join(remote.dir, "hooks", "pre-receive");
  await Bun.write(hook, "#!/bin/sh\necho main is protected; exit 1\n");
  Bun.spawnSync(["chmod", "+x", hook]);
  const item = await b.add({ title: "Do it" });
  const events = await b.work([b.agent("robot", writeAndFinish("a.txt"))]);
  const left = events.find((event) => event.type === "left");
  if (left?.type !== "left") throw new Error("it was not left");
  expect(left.note).toContain("main is protected");
  expect(left.note).toContain("--landing branch");
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.phase]).toEqual(["review", "land"]);
  expect(b.origin.git("show", "sluice/OB-1-R1-do-it:a.txt")).toBe("done");
});

test("WK58 a remote that does not answer is neither the runner's fault nor the item's, and work goes on when it does", async () => {
  const b = await bench({ repo: { target: "remote" } });
  const remote = b.sandbox.repo("remote", { bare: true });
  b.origin.git("push", "--quiet", remote.dir, "main");
  b.origin.git("remote", "add", "origin", b.sandbox.path("nowhere"));
  const item = await b.add({ title: "Do it" });
  let offsetMs = 0;
  const pass = () => {
    offsetMs += 31_000;
    b.advance(31_000);
  };
  const now = () => Date.now() + offsetMs;
  const agents = [b.agent("robot", writeAndFinish("a.txt"))];
  const emit = ({ type }: WorkerEvent) => (type === "ended" ? pass() : undefined);
  const events = await b.work(agents, { emit }, { now });
  expect(events.at(-1)).toMatchObject({ type: "finished", why: "unreachable" });
  expect(events.map(({ type }) => type)).not.toContain("breaker_open");
  const runs = await b.runsOf(item);
  expect(runs.map(({ outcome }) => outcome)).toEqual(runs.map(() => "released"));
  expect(runs[0]?.reason).toContain("does not answer");
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.attempts, after.losses]).toEqual(["open", 0, 0]);
  b.origin.git("remote", "set-url", "origin", remote.dir);
  await b.git.trust({ repo: b.origin.repo });
  pass();
  pass();
  await b.work(agents, {}, { now });
  expect(remote.git("log", "--format=%s", "main").split("\n")).toEqual(["OB-1: Write it", "Begin"]);
}, 60_000);

test("WK47 an item of two repos lands in both, or goes back whole", async () => {
  const b = await bench({ check: "test ! -e bad.txt" });
  const second = b.sandbox.repo("lib");
  second.commit({ message: "Begin" });
  second.git("checkout", "--quiet", "--detach");
  const by = human();
  const place = { projectId: b.project.id, alias: "lib", path: second.dir, commonDir: second.repo };
  await b.store.projects.addRepo({ by: { ...by, host: b.deps.host }, ...place, defaultBranch: "main" });
  const item = await b.add({ title: "Both", repos: ["app", "lib"] });
  const inBoth = (file: string): string =>
    ["app", "lib"]
      .map(
        (alias) =>
          `cd ${join(b.stateDir, "worktrees", alias)}/$SLUICE_RUN; echo x > ${file}; git add -A; git commit --quiet -m "Do it"`,
      )
      .join("; ");
  await b.work([b.agent("robot", `${inBoth("a.txt")}; report finish changed`)]);
  const { item: after, evidence } = await b.store.items.get({ id: item.item.id });
  expect(after.state).toBe("done");
  expect(evidence.map(({ value }) => value).toSorted()).toEqual(
    [b.origin.head("main"), second.head("main")].map(String).toSorted(),
  );
  const bad = await b.add({ title: "Bad", repos: ["app", "lib"] });
  const events = await b.work([b.agent("bad", `${inBoth("c.txt")}; touch bad.txt; report finish changed`)], {
    emit: ({ type }) => {
      if (type === "returned") b.advance(3_600_000);
    },
  });
  expect(events.map(({ type }) => type)).not.toContain("landed");
  expect((await b.store.items.get({ id: bad.item.id })).item.lane).toBe("requires_investigation");
});

test("a result without a change to land waits for a person, and nothing is merged", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  await b.work([b.agent("robot", `report finish already_satisfied "It is there"`)]);
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.phase]).toEqual(["review", "human"]);
  expect(b.origin.git("log", "--format=%s", "main")).toBe("Begin");
});
