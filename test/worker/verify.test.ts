import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { meet, writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { human } from "#test/stores.ts";
import type { WorkOptions } from "#worker/work-session.ts";
import type { WorkerEvent } from "#worker/worker-event.ts";

const bench = openBenches();

/** Takes nothing new once the first agent runs, or once two do. */
function drainAfter(count: number): Pick<WorkOptions, "drain" | "emit"> {
  const drain = new AbortController();
  let running = 0;
  return {
    drain: drain.signal,
    emit: ({ type }) => {
      if (type === "running") running += 1;
      if (running === count) drain.abort();
    },
  };
}

const typesOf = (events: readonly WorkerEvent[]): readonly string[] => events.map(({ type }) => type);

test("WK12 a result that fails the check goes back with the end of its output, and is an attempt", async () => {
  const b = await bench({ check: "echo the reason; exit 1" });
  const item = await b.add({ title: "Do it" });
  await b.work([b.agent("robot", writeAndFinish("a.txt"))], drainAfter(1));
  const { item: after, notes } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.lane, after.attempts]).toEqual(["open", "autonomous_safe", 1]);
  expect(notes.find(({ kind }) => kind === "return")?.body).toContain("exited with code 1:\nthe reason");
  const [run] = await b.runsOf(item);
  expect(run?.outcome).toBe("check_failed");
  expect(b.origin.git("log", "--format=%s", "main")).toBe("Begin");
  expect(b.origin.git("show", `${run?.repos[0]?.branch}:a.txt`)).toBe("done");
});

test("WK13 the check runs on the merge result: two changes that are good alone and bad together do not both land", async () => {
  const b = await bench({ check: "test $(ls OB-*.txt | wc -l) -le 1" });
  await b.add({ title: "First" });
  await b.add({ title: "Second" });
  const script = `${meet(b.sandbox.path("met"), 2)}; ${writeAndFinish("$SLUICE_ITEM.txt")}`;
  const events = await b.work([b.agent("robot", script)], { slots: 2, ...drainAfter(2) });
  expect(typesOf(events).filter((type) => type === "landed")).toHaveLength(1);
  expect(typesOf(events).filter((type) => type === "returned")).toHaveLength(1);
  expect(b.origin.git("ls-tree", "--name-only", "main").match(/OB-\d/g)).toHaveLength(1);
});

test("WK14 a conflict goes back without an attempt, and the next run starts from the new tip", async () => {
  const b = await bench();
  const items = [await b.add({ title: "First" }), await b.add({ title: "Second" })];
  const script = `${meet(b.sandbox.path("met"), 2)}; ${writeAndFinish("src/a.txt", "$SLUICE_ITEM")}`;
  const events = await b.work([b.agent("robot", script)], { slots: 2 });
  expect(events.flatMap((event) => (event.type === "returned" ? [event.outcome] : []))).toEqual(["conflict"]);
  for (const { item } of items) {
    const { item: after } = await b.store.items.get({ id: item.id });
    expect([after.state, after.attempts]).toEqual(["done", 0]);
  }
  expect(b.origin.git("log", "--format=%s", "main").split("\n")).toHaveLength(3);
});

test("WK15 a check that something kills is run again and is no attempt", async () => {
  const b = await bench();
  const mark = b.sandbox.path("mark");
  const { id, version } = b.project;
  const check = `if test ! -e '${mark}'; then touch '${mark}'; kill -9 $$; fi`;
  await b.store.projects.edit({ by: human(), id, ifVersion: version, changes: { check } });
  const item = await b.add({ title: "Do it" });
  await b.work([b.agent("robot", writeAndFinish("a.txt"))]);
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.attempts, existsSync(mark)]).toEqual(["done", 0, true]);
  expect(await b.runsOf(item)).toHaveLength(1);
});

test("WK16 a change to tests is checked again with the former tests, and waits for a person", async () => {
  const b = await bench({ check: "sh test/run.sh", repo: { testPaths: ["test/**"] } });
  b.origin.git("checkout", "--quiet", "main");
  b.origin.commit({ message: "Add the test", files: { "test/run.sh": "test ! -e bad.txt\n" } });
  b.origin.git("checkout", "--quiet", "--detach");
  const item = await b.add({ title: "Do it" });
  const script = `echo x > bad.txt; echo true > test/run.sh; git add -A; git commit --quiet -m "Cheat"; report finish changed`;
  const events = await b.work([b.agent("robot", script)]);
  const waits = events.find((event) => event.type === "waits");
  if (waits?.type !== "waits") throw new Error("it does not wait");
  expect(waits.phase).toBe("human");
  expect(waits.note).toContain("test/run.sh; with the previous versions of these the check fails");
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.phase]).toEqual(["review", "human"]);
  expect(b.origin.git("log", "-1", "--format=%s", "main")).toBe("Add the test");
});

test("what a person lets pass is checked on the tip of that day, and lands", async () => {
  const b = await bench({ check: "test -e a.txt", humanReview: true });
  const item = await b.add({ title: "Do it" });
  const robot = b.agent("robot", writeAndFinish("a.txt"));
  const first = await b.work([robot]);
  expect(first.find(({ type }) => type === "waits")).toMatchObject({ phase: "human" });
  b.origin.git("checkout", "--quiet", "main");
  b.origin.commit({ message: "Meanwhile", files: { "b.txt": "b" } });
  b.origin.git("checkout", "--quiet", "--detach");
  await b.store.claims.advance({ by: human(), id: item.item.id, phase: "human" });
  const second = await b.work([robot]);
  expect(typesOf(second)).toEqual(["started", "checking", "checked", "landed", "done", "finished"]);
  expect(b.origin.git("log", "--format=%s", "main").split("\n")).toEqual([
    "OB-1: Write it",
    "Meanwhile",
    "Begin",
  ]);
});

test("WK18 a checked-out target is left alone where the person said no; it is done once they have taken the work", async () => {
  const b = await bench({ checkedOut: true, repo: { fastForward: false } });
  const item = await b.add({ title: "Do it" });
  const robot = b.agent("robot", writeAndFinish("a.txt"));
  const events = await b.work([robot]);
  const left = events.find((event) => event.type === "left");
  if (left?.type !== "left") throw new Error("it was not left");
  expect(left.note).toBe(`main is checked out at ${b.origin.dir}, and stays there. Then: sluice land OB-1`);
  const [run] = await b.runsOf(item);
  const [landing] = await b.store.runs.landings({ runId: run?.id ?? 0 });
  const commit = landing?.merge;
  expect(b.origin.git("log", "--format=%s", "main")).toBe("Begin");
  b.origin.git("merge", "--quiet", "--ff-only", commit ?? "");
  b.advance(3_600_000);
  const again = await b.work([robot]);
  expect(typesOf(again)).toContain("done");
  const { item: after, evidence } = await b.store.items.get({ id: item.item.id });
  expect([after.state, evidence[0]?.value]).toEqual(["done", commit]);
});

test("a checkout of the target moves along unless something of the person's is in the way", async () => {
  const b = await bench({ checkedOut: true });
  await b.add({ title: "Do it" });
  const robot = b.agent("robot", writeAndFinish("$SLUICE_ITEM.txt"));
  writeFileSync(`${b.origin.dir}/README.md`, "# Mine\n");
  writeFileSync(`${b.origin.dir}/notes.txt`, "Mine\n");
  expect(typesOf(await b.work([robot]))).toContain("done");
  expect(existsSync(`${b.origin.dir}/OB-1.txt`)).toBe(true);
  expect(b.origin.git("status", "--porcelain")).toBe(" M README.md\n?? notes.txt");
  await b.add({ title: "Again" });
  writeFileSync(`${b.origin.dir}/OB-2.txt`, "Mine\n");
  const left = (await b.work([robot])).find((event) => event.type === "left");
  expect(left?.note).toContain("in the way: OB-2.txt. Then: sluice land OB-2");
  expect(readFileSync(`${b.origin.dir}/OB-2.txt`, "utf8")).toBe("Mine\n");
});

test("WK67 whether a checkout moves along is said for the repository, else the project, else the workspace", async () => {
  const b = await bench({ checkedOut: true });
  const robot = b.agent("robot", writeAndFinish("$SLUICE_ITEM.txt"));
  const { projects } = b.store;
  const by = human();
  const landed = async (title: string) => {
    await b.add({ title });
    return typesOf(await b.work([robot])).includes("done");
  };
  const { id } = b.project;
  await projects.setSetting({ by, key: "fast_forward", value: "no" });
  expect(await landed("The workspace says no")).toBe(false);
  await projects.edit({ by, id, changes: { policy: { fastForward: true } } });
  expect(await landed("The project says yes")).toBe(true);
  await projects.editRepo({ by, id: b.repo.id, changes: { fastForward: false } });
  expect(await landed("The repository says no")).toBe(false);
});

test("WK20 with landing `branch` the checked work stays on its branch", async () => {
  const b = await bench({ landing: "branch", check: "test -e a.txt" });
  const item = await b.add({ title: "Do it" });
  await b.work([b.agent("robot", writeAndFinish("a.txt"))]);
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.phase]).toEqual(["review", "await_git"]);
  expect(b.origin.git("log", "-1", "--format=%an %s", "sluice/OB-1-R1-do-it")).toBe(
    "Ada Human OB-1: Write it",
  );
  expect(b.origin.git("log", "--format=%s", "main")).toBe("Begin");
});

test("a tip that moves during the check is merged and checked anew", async () => {
  const b = await bench({ check: "true" });
  await b.add({ title: "Do it" });
  let moved = false;
  const events = await b.work([b.agent("robot", writeAndFinish("a.txt"))], {
    emit: ({ type }) => {
      if (type !== "checking" || moved) return;
      moved = true;
      b.origin.git("checkout", "--quiet", "main");
      b.origin.commit({ message: "Meanwhile", files: { "b.txt": "b" } });
      b.origin.git("checkout", "--quiet", "--detach");
    },
  });
  expect(typesOf(events).filter((type) => type === "checking")).toHaveLength(2);
  expect(b.origin.git("log", "--format=%s", "main").split("\n")).toEqual([
    "OB-1: Write it",
    "Meanwhile",
    "Begin",
  ]);
});

test("WK66 of a file that is guarded by key only a change at that key waits for a person; one that cannot be read counts as changed", async () => {
  const manifest = (facts: object) => JSON.stringify({ scripts: { test: "true" }, ...facts });
  const guarded = ["**/package.json#scripts,jest", "**/pyproject.toml#tool.pytest"];
  const outcomes: (string | undefined)[] = [];
  for (const [path, text] of [
    ["package.json", manifest({ dependencies: { left: "1" } })],
    ["package.json", manifest({ scripts: { test: "echo" } })],
    ["package.json", manifest({ jest: {} })],
    ["package.json", "{"],
    ["web/package.json", manifest({})],
    ["pyproject.toml", `[project]\nname = "b"\n[tool.pytest]\na = 1\n`],
    ["pyproject.toml", `[project]\nname = "a"\n`],
  ] as const) {
    const b = await bench({ check: "true", repo: { protectedPaths: guarded } });
    b.origin.git("checkout", "--quiet", "main");
    const python = `[project]\nname = "a"\n[tool.pytest]\na = 1\n`;
    b.origin.commit({ files: { "package.json": manifest({}), "pyproject.toml": python } });
    b.origin.git("checkout", "--quiet", "--detach");
    await b.add({ title: "Do it" });
    const write = `mkdir -p web; printf '%s' '${text}' > ${path}; git add -A; git commit --quiet -m x; report finish changed`;
    const events = await b.work([b.agent("robot", write)]);
    const waits = events.find((event) => event.type === "waits");
    outcomes.push(waits?.type === "waits" ? waits.note : undefined);
  }
  const told = (path: string) => `It changes ${path}; with the previous versions of these the check passes`;
  expect(outcomes).toEqual([
    undefined,
    told("package.json"),
    told("package.json"),
    told("package.json"),
    told("web/package.json"),
    undefined,
    told("pyproject.toml"),
  ]);
});

test("AT15 what a worker lands is in the index at once, as a scan would read it; what did not land is not said to", async () => {
  const b = await bench({ checkedOut: true, repo: { fastForward: false } });
  const item = await b.add({ title: "Do it" });
  const robot = b.agent("robot", writeAndFinish("a.txt"));
  const left = (await b.work([robot])).find((event) => event.type === "left");
  expect(left).toBeDefined();
  const find = async (sha: string) => (await b.store.commits.find({ sha }))[0];
  const [run] = await b.runsOf(item);
  const [merge = ""] = (await b.store.runs.landings({ runId: run?.id ?? 0 })).map((one) => one.merge);
  expect(await find(merge)).toBeUndefined();
  await b.store.projects.editRepo({ by: human(), id: b.repo.id, changes: { fastForward: true } });
  b.advance(3_600_000);
  expect(typesOf(await b.work([robot]))).toContain("done");
  await b.add({ title: "Again" });
  expect(typesOf(await b.work([b.agent("robot", writeAndFinish("b.txt"))]))).toContain("done");
  for (const sha of [b.origin.head("main"), b.origin.git("rev-parse", "main~1")]) {
    const found = await find(sha);
    const read = b.origin.git("log", "-1", "--format=%s|%an|%ae|%ct|%P", sha).split("|");
    expect([found?.subject, found?.authorName, found?.authorEmail]).toEqual(read.slice(0, 3));
    expect([String((found?.committedAt ?? 0) / 1_000), found?.parents.join(" ")]).toEqual(read.slice(3));
    expect(found?.refs.map(({ number }) => number)).toHaveLength(1);
  }
});
