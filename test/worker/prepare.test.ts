import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { scanGit } from "#operations/git/scan-git.ts";
import { invoke } from "#operations/invoke.ts";
import type { Launcher } from "#operations/ports/launcher.ts";
import { writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { contextOf } from "#test/operation-bench.ts";
import { human } from "#test/stores.ts";
import { Spec } from "#domain/item/spec.ts";

const bench = openBenches();

test("WK22 a premise that does not hold on the base parks the item, and no agent starts", async () => {
  const b = await bench();
  const premises = [
    { kind: "file", path: "README.md" },
    { kind: "match", pattern: "one", paths: ["src"], count: { min: 2 } },
  ];
  const item = await b.add({ title: "Do it", spec: Spec.parse({ premises }) });
  const mark = b.sandbox.path("started");
  const events = await b.work([b.agent("robot", `touch '${mark}'`)]);
  expect(events.find(({ type }) => type === "premise_failed")).toMatchObject({ found: "it is found 1×" });
  const { item: after, notes } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.lane, after.attempts]).toEqual(["open", "requires_investigation", 0]);
  expect(notes.find(({ kind }) => kind === "park")?.body).toContain("Expected: ");
  expect(existsSync(mark)).toBe(false);
});

test.each([
  [{ kind: "file", path: "gone.md" }, "gone.md does not exist"],
  [{ kind: "file", path: "README.md", exists: false }, "README.md exists"],
  [{ kind: "symbol", name: "on" }, "it is not found"],
  [{ kind: "commit", sha: "0123456789abcdef" }, "it is not there"],
  [{ kind: "item", ref: "OB-1" }, "OB-1 is open"],
] as const)("WK22 %o says what was found", async (premise, found) => {
  const b = await bench();
  await b.add({ title: "Do it", spec: Spec.parse({ premises: [premise] }) });
  const events = await b.work([b.agent("robot", "exit 1")]);
  expect(events.find(({ type }) => type === "premise_failed")).toMatchObject({ found });
});

test("premises that hold let the agent start", async () => {
  const b = await bench();
  const premises = [
    { kind: "file", path: "src/a.txt" },
    { kind: "file", path: "gone", exists: false },
    { kind: "match", pattern: "one", count: { min: 1, max: 1 } },
    { kind: "symbol", name: "one" },
    { kind: "commit", sha: b.origin.head("main") },
  ];
  await b.add({ title: "Do it", spec: Spec.parse({ premises }) });
  const events = await b.work([b.agent("robot", writeAndFinish("a.txt"))]);
  expect(events.map(({ type }) => type)).toContain("done");
});

test("WK24 a command premise runs in the run's worktree only where a person approved it", async () => {
  const b = await bench();
  const mark = b.sandbox.path("ran");
  const run = `touch '${mark}'; test -e gone.txt`;
  const premise = { kind: "command", run };
  await b.add({ title: "Do it", spec: Spec.parse({ premises: [premise] }) });
  const robot = b.agent("robot", writeAndFinish("a.txt"));
  expect((await b.work([robot])).map(({ type }) => type)).toContain("done");
  expect(existsSync(mark)).toBe(false);
  const approved = { ...premise, approvedBy: "human:ada" };
  await b.add({ title: "Again", spec: Spec.parse({ premises: [approved] }) });
  expect((await b.work([robot])).map(({ type }) => type)).toContain("premise_failed");
  expect(existsSync(mark)).toBe(true);
});

test("WK25 a worktree gets its copies, its shared folders and its set-up, and none of them lands", async () => {
  const b = await bench({
    check: "test -e .env && test -e cache/made && test -e ready",
    repo: { copies: [".env*"], caches: ["cache"], setup: "touch cache/made ready" },
  });
  writeFileSync(join(b.origin.dir, ".env"), "KEY=1\n");
  writeFileSync(join(b.origin.dir, ".git", "info", "exclude"), "ready\n");
  await b.add({ title: "Do it" });
  const script = `grep KEY .env; test -e cache/made; echo x > a.txt; git add -A; git commit --quiet -m "Do it"; report finish changed`;
  const events = await b.work([b.agent("robot", script)]);
  expect(events.map(({ type }) => type)).toContain("done");
  expect(b.origin.git("show", "--format=", "--name-only", "main")).toBe("a.txt");
});

test("WK26 a set-up that fails is the runner's fault, never the item's; three in a row open its breaker", async () => {
  const b = await bench({ repo: { setup: "echo no network; exit 1" } });
  const item = await b.add({ title: "Do it" });
  const stop = new AbortController();
  const events = await b.work([b.agent("robot", "exit 0")], {
    stop: stop.signal,
    emit: ({ type }) => {
      if (type === "breaker_open") stop.abort();
    },
  });
  const runs = await b.runsOf(item);
  expect(runs.map(({ outcome }) => outcome)).toEqual(["runner_failed", "runner_failed", "runner_failed"]);
  expect(runs[0]?.reason).toContain("no network");
  expect(events.find(({ type }) => type === "breaker_open")).toMatchObject({ runner: "robot" });
  const { item: after } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.attempts, after.losses]).toEqual(["open", 0, 0]);
});

test("a runner that cannot start opens its own breaker only; another goes on", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const broken = {
    name: "broken",
    spec: { kind: "command", argv: ["/nowhere/agent"] },
    capabilities: [],
  } as const;
  const events = await b.work([broken, b.agent("robot", writeAndFinish("a.txt"))]);
  expect(events.map(({ type }) => type)).toContain("done");
});

test.each([
  ["its configuration", "git config core.pager cat"],
  ["its configuration so that git cannot read it", `echo '[' >> .git/config`],
  ["what makes git refuse its repository", "git config core.repositoryFormatVersion 99"],
  [
    "a hook of its own",
    `mkdir -p .git/hooks; printf '#!/bin/sh\nexit 1\n' > .git/hooks/reference-transaction`,
  ],
  ["branches, tags and the stash", "git branch -f main HEAD; git tag v9; echo y > a.txt; git stash -q"],
  ["its git folder away", "rm -rf .git"],
])("WK28 a run that changes %s changes nothing but its own, and its work lands", async (_what, act) => {
  const b = await bench();
  const before = [b.origin.git("tag"), b.origin.git("config", "--local", "--list")];
  const item = await b.add({ title: "Do it" });
  const script = `echo x > a.txt; git add -A; git commit --quiet -m "Do it"; ${act}; report finish changed`;
  const events = await b.work([b.agent("robot", script)]);
  expect(events.map(({ type }) => type)).toContain("landed");
  expect(b.origin.git("show", "main:a.txt")).toBe("x");
  expect([b.origin.git("tag"), b.origin.git("config", "--local", "--list")]).toEqual(before);
  expect((await b.store.items.get({ id: item.item.id })).item.state).toBe("done");
});

test("WK51 a person may commit, branch, tag, stash, switch and rebase meanwhile: the result lands unattended", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const git = `git -C '${b.origin.dir}'`;
  const meanwhile = [
    `${git} switch --quiet -c mine`,
    `${git} commit --quiet --allow-empty -m Meanwhile`,
    `echo mine > '${b.origin.dir}/README.md'; ${git} stash --quiet`,
    `${git} tag v1; ${git} branch other; ${git} branch -D other; ${git} config branch.mine.description x`,
    `echo dirty > '${b.origin.dir}/README.md'`,
  ].join("; ");
  const events = await b.work([b.agent("robot", `${meanwhile}; ${writeAndFinish("a.txt")}`)]);
  expect(events.map(({ type }) => type)).toContain("landed");
  expect((await b.store.items.get({ id: item.item.id })).item.state).toBe("done");
  expect(b.origin.git("log", "--format=%s", "main").split("\n")).toEqual(["OB-1: Write it", "Begin"]);
  expect(b.origin.git("stash", "list")).not.toBe("");
  expect(b.origin.git("status", "--porcelain")).toBe(" M README.md");
});

test("WK52 commits that git itself refuses are no result: the item is parked, and nothing lands", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const tree = `printf '100644 .git\\0' > t; git rev-parse HEAD:README.md | xxd -r -p >> t; git hash-object -t tree --literally -w t`;
  const script = `c=$(git commit-tree "$(${tree})" -p HEAD -m bad); git update-ref HEAD "$c"; report finish changed`;
  const events = await b.work([b.agent("robot", script)]);
  expect(events.map(({ type }) => type)).not.toContain("landed");
  expect((await b.runsOf(item))[0]?.outcome).toBe("tampered");
  const { item: after, notes } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.lane]).toEqual(["open", "requires_investigation"]);
  expect(notes.find(({ kind }) => kind === "return")?.body).toContain("Git refuses the run's commits");
});

test("WK64 settings that could run a program keep results from landing until a person has trusted them", async () => {
  const b = await bench({ repo: { target: "remote" } });
  const remote = b.sandbox.repo("remote", { bare: true });
  b.origin.git("remote", "add", "origin", remote.dir);
  b.origin.git("push", "--quiet", "origin", "main");
  const canary = b.sandbox.canary("transport", 'exec git upload-pack "$@"');
  const item = await b.add({ title: "Plant" });
  const plant = `git -C '${b.origin.dir}' config remote.origin.uploadpack '${canary.program}'; ${writeAndFinish("b.txt")}`;
  const events = await b.work([b.agent("rogue", plant)]);
  expect(events.map(({ type }) => type)).not.toContain("landed");
  const { notes } = await b.store.items.get({ id: item.item.id });
  expect(notes.at(-1)?.body).toBe(
    `Settings of app changed: remote.origin.uploadpack. See what changed, and accept it, with: sluice trust ${b.origin.dir}`,
  );
  const scan = () =>
    invoke(
      { ...contextOf(b.store, b.sandbox), git: async () => b.git, caller: { ...human(), host: b.deps.host } },
      scanGit,
      {},
    );
  await scan();
  const next = await b.add({ title: "Next" });
  await b.work([b.agent("tidy", writeAndFinish("c.txt"))]);
  expect((await b.runsOf(next)).map(({ outcome }) => outcome)).toEqual(["released"]);
  expect([canary.ran(), remote.git("log", "--format=%s", "main")]).toEqual([false, "Begin"]);
  await b.git.trust({ repo: b.origin.repo });
  b.advance(10 * 60_000);
  await b.work([b.agent("tidy", writeAndFinish("c.txt"))]);
  expect(remote.git("log", "--format=%s", "main").split("\n")).toContain("OB-1: Write it");
  expect(canary.ran()).toBe(true);
});

test("WK29 an item whose repo has vanished from this host is blocked with what to do", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  renameSync(b.origin.dir, `${b.origin.dir}-away`);
  await b.work([b.agent("robot", "exit 0")]);
  renameSync(`${b.origin.dir}-away`, b.origin.dir);
  const { item: after, notes } = await b.store.items.get({ id: item.item.id });
  expect(after.state).toBe("blocked");
  expect(notes.find(({ kind }) => kind === "block")?.body).toContain("The repo app is not on here");
});

test("WK30 an agent gets its brief, the run's names and its lease; the lease is in no log", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const script = `cat; cat "$SLUICE_BRIEF"; env; ${writeAndFinish("a.txt")}`;
  await b.work([b.agent("robot", script)]);
  const [run] = await b.runsOf(item);
  const log = await Bun.file(run?.logPath ?? "").text();
  expect(log.match(/OB-1: Do it/g)).toHaveLength(2);
  expect(log).toContain("SLUICE_ITEM=OB-1\n");
  expect(log).toContain("SLUICE_RUN=R-1\n");
  expect(log).toContain("SLUICE_ACTOR=ai:robot\n");
  expect(log).toContain(`SLUICE_WORKSPACE=${b.place}\n`);
  expect(log).not.toContain(run?.leaseId ?? "");
  expect(log).not.toContain(run?.token ?? "");
  expect(run?.logBytes).toBe(new TextEncoder().encode(log).length);
});

test("WK49 where git knows no person to commit as, the item is blocked before an agent starts", async () => {
  const b = await bench();
  b.origin.git("config", "--unset", "user.name");
  const item = await b.add({ title: "Do it" });
  const mark = b.sandbox.path("started");
  await b.work([b.agent("robot", `touch '${mark}'`)]);
  const { item: after, notes } = await b.store.items.get({ id: item.item.id });
  expect([after.state, existsSync(mark)]).toEqual(["blocked", false]);
  expect(notes.find(({ kind }) => kind === "block")?.body).toContain("user.name");
});

test("WK60 an agent whose shell hides the person's git configuration commits as that person", async () => {
  const b = await bench();
  b.origin.git("config", "--unset", "user.name");
  b.origin.git("config", "--unset", "user.email");
  writeFileSync(b.sandbox.globalConfig, "[user]\n\tname = Eve Global\n\temail = eve@example.test\n");
  await b.add({ title: "Do it" });
  const hidden = "export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1";
  await b.work([
    b.agent("robot", `${hidden}; ${writeAndFinish("a.txt")}; git log -1 --format='as=%an %ce' `),
  ]);
  expect(b.origin.git("log", "-1", "--format=%an <%ae> %cn <%ce>", "main")).toBe(
    "Eve Global <eve@example.test> Eve Global <eve@example.test>",
  );
});

test("WK61 an agent is offered a tool server with the run's rights and marks", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const offered: unknown[] = [];
  const launcher: Launcher = {
    ...b.launcher,
    start: (request) => {
      offered.push(request.mcp);
      return b.launcher.start(request);
    },
  };
  await b.work([b.agent("robot", writeAndFinish("a.txt"))], {}, { launcher });
  const [run] = await b.runsOf(item);
  const env = {
    SLUICE_LEASE: run?.leaseId,
    SLUICE_ACTOR: "ai:robot",
    SLUICE_WORKSPACE: b.place,
    SLUICE_PROJECT: "app",
    SLUICE_ITEM: "OB-1",
    SLUICE_RUN: "R-1",
    SLUICE_RUN_TOKEN: run?.token,
  };
  expect(offered).toEqual([{ name: "sluice", ...b.deps.toolServer, env }]);
});
