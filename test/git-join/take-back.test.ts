import { expect, test } from "bun:test";
import type { FixtureRepo } from "#test/git-fixture.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { agent, human, worker } from "#test/stores.ts";

const DAY_MS = 86_400_000;

async function newItem({ store }: OperationBench, project = "app"): Promise<number> {
  const { id: projectId } = await store.projects.get({ alias: project });
  const spec = { steps: [], risks: [], acceptance: [], premises: [] };
  const item = { projectId, title: "Mend it", lane: "autonomous_safe", spec };
  return (await store.items.add({ by: human(), item })).item.id;
}

interface Landing {
  readonly project?: string;
  readonly host?: string;
  /** Of the finish. */
  readonly evidence?: readonly { readonly kind: string; readonly value: string }[];
}

/** An item that a worker of `host` finished, checked and landed. */
async function landed(
  bench: OperationBench,
  repo: FixtureRepo,
  { project = "app", host = "here", evidence = [] }: Landing = {},
): Promise<number> {
  const { claims, items, runs } = bench.store;
  const id = await newItem(bench, project);
  const by = worker();
  const claim = await claims.item({ by: agent(), id, ttlMs: 60_000, runner: { workerId: "w", host } });
  const own = claim.lease.id;
  await claims.finish({ by: agent("robot", own), leaseId: own, outcome: "changed", evidence });
  const { item, repos } = await items.get({ id });
  const leaseId = item.leaseId ?? "";
  await claims.advance({ by, leaseId, id, phase: "verify" });
  const tip = repo.head();
  const merge = repo.commit({ message: `OB-${id} Mend it`, files: { "a.txt": `mended ${id}\n` } });
  const place = { repoId: repos[0]?.repoId ?? 0, target: "main" };
  const lock = await runs.lockTarget({ by, ...place, ttlMs: 60_000 });
  const intent = { by, leaseId: lock?.leaseId ?? "", runId: claim.runId, itemId: id, ...place, tip, merge };
  await runs.settleLanding({ by, id: (await runs.intend(intent)).id, state: "landed" });
  await claims.advance({ by, leaseId, id, phase: "land" });
  await runs.unlockTarget({ ...place, leaseId: lock?.leaseId ?? "" });
  return id;
}

const stateOf = async ({ store }: OperationBench, id: number) => {
  const { state, phase } = (await store.items.get({ id })).item;
  return [state, phase];
};

async function withRepo(bench: OperationBench, project = "app"): Promise<FixtureRepo> {
  const repo = bench.sandbox.repo(project);
  repo.commit({ message: "Begin" });
  await bench.call("repo.add", { paths: [repo.dir], project });
  return repo;
}

test("GJ8 a repository that was not looked at, or is not here, takes nothing back", async () => {
  await using bench = await operationBench(["app", "web"]);
  const app = await withRepo(bench);
  const web = await withRepo(bench, "web");
  const here = await landed(bench, app);
  const there = await landed(bench, app, { host: "elsewhere" });
  const other = await landed(bench, web, { project: "web" });
  expect(await bench.call("git.scan", { project: "web" })).toMatchObject({ unlanded: [] });
  app.git("reset", "-q", "--hard", "HEAD~2");
  expect(await bench.call("git.scan", {}, { as: { ...human(), host: "elsewhere" } })).toMatchObject({
    unlanded: [],
  });
  web.git("branch", "-q", "-m", "main", "trunk");
  expect(await bench.call("git.scan")).toMatchObject({ unlanded: [`OB-${here}`] });
  expect(await stateOf(bench, there)).toEqual(["done", null]);
  expect(await stateOf(bench, other)).toEqual(["done", null]);
});

test("a closing commit closes an item once, and none that was filed or reopened after it", async () => {
  await using bench = await operationBench();
  await bench.call("project.edit", { project: "app", commitsClose: true });
  const repo = await withRepo(bench);
  repo.commit({ message: "Closes OB-1" }); // long before the item was filed
  const id = await newItem(bench);
  expect(await bench.call("git.scan")).toMatchObject({ closed: [] });
  for (const n of [1, 2]) repo.git("commit", "-q", "--allow-empty", "-m", `Closes OB-1 (${n})`);
  expect(await bench.call("git.scan")).toMatchObject({ closed: ["OB-1"] });
  bench.workspace.advance(10_000);
  await bench.call("item.reopen", { ref: "OB-1", reason: "Not mended" });
  expect(await bench.call("git.scan")).toMatchObject({ closed: [] });
  expect(await stateOf(bench, id)).toEqual(["open", null]);
});

test("GJ6 a commit that was made before the project allowed it closes nothing", async () => {
  await using bench = await operationBench();
  const repo = await withRepo(bench);
  const id = await newItem(bench);
  repo.git("commit", "-q", "--allow-empty", "-m", "Closes OB-1");
  bench.workspace.advance(10_000);
  await bench.call("project.edit", { project: "app", commitsClose: true });
  expect(await bench.call("git.scan")).toMatchObject({ closed: [] });
  expect(await stateOf(bench, id)).toEqual(["open", null]);
});

test("GJ4 a revert takes back what a closing or a landed commit did, and a revert of the revert gives it again", async () => {
  await using bench = await operationBench();
  await bench.call("project.edit", { project: "app", commitsClose: true });
  const repo = await withRepo(bench);
  const byWord = await newItem(bench);
  const byWorker = await landed(bench, repo);
  const landing = repo.head();
  repo.git("commit", "-q", "--allow-empty", "-m", "Closes OB-1");
  const closing = repo.head();
  expect(await bench.call("git.scan")).toMatchObject({ closed: ["OB-1"], unlanded: [] });
  const message = `Revert "Mend it"\n\nThis reverts commit ${landing}.\n\nThis reverts commit ${closing}.`;
  repo.git("switch", "-q", "-c", "side");
  repo.git("commit", "-q", "--allow-empty", "-m", message);
  expect(await bench.call("git.scan")).toMatchObject({ unlanded: [] });
  repo.git("switch", "-q", "main");
  repo.git("merge", "-q", "--ff-only", "side");
  const revert = repo.head();
  expect(await bench.call("git.scan")).toMatchObject({ unlanded: ["OB-2", "OB-1"], closed: [] });
  for (const id of [byWord, byWorker]) expect(await stateOf(bench, id)).toEqual(["review", "await_git"]);
  repo.git("commit", "-q", "--allow-empty", "-m", `Reapply "Mend it"\n\nThis reverts commit ${revert}.`);
  expect(await bench.call("git.scan")).toMatchObject({ settled: ["OB-2", "OB-1"] });
});

test("commits that each revert all before them are looked for once each", async () => {
  await using bench = await operationBench();
  await bench.call("project.edit", { project: "app", commitsClose: true });
  const repo = await withRepo(bench);
  const id = await newItem(bench);
  repo.git("commit", "-q", "--allow-empty", "-m", "Closes OB-1");
  const all = [repo.head()];
  for (let n = 0; n < 24; n++) {
    const body = all.map((sha) => `This reverts commit ${sha}.`).join("\n");
    repo.git("commit", "-q", "--allow-empty", "-m", `Back\n\n${body}`);
    all.push(repo.head());
  }
  expect(await bench.call("git.scan")).toMatchObject({ closed: [] });
  expect(await stateOf(bench, id)).toEqual(["open", null]);
});

test("GJ6 a closing commit that was reverted before it was seen closes nothing", async () => {
  await using bench = await operationBench();
  await bench.call("project.edit", { project: "app", commitsClose: true });
  const repo = await withRepo(bench);
  const id = await newItem(bench);
  repo.git("commit", "-q", "--allow-empty", "-m", "Closes OB-1");
  repo.git("commit", "-q", "--allow-empty", "-m", `Back\n\nThis reverts commit ${repo.head()}.`);
  expect(await bench.call("git.scan")).toMatchObject({ closed: [] });
  expect(await stateOf(bench, id)).toEqual(["open", null]);
});

test("a snooze that ends while an item waits for git reopens nothing", async () => {
  await using bench = await operationBench();
  const repo = await withRepo(bench);
  const id = await newItem(bench);
  const { claims, items, now } = bench.store;
  const { lease } = await claims.item({ by: agent(), id, ttlMs: 60_000, runner: {} });
  repo.git("checkout", "-q", "-b", "work");
  const value = repo.commit({ files: { "a.txt": "mended\n" } });
  await items.snooze({ by: human(), id, untilMs: (await now()) + DAY_MS });
  const by = agent("robot", lease.id);
  await claims.finish({ by, leaseId: lease.id, outcome: "changed", evidence: [{ kind: "commit", value }] });
  bench.workspace.advance(2 * DAY_MS);
  expect(await bench.call("git.scan")).toMatchObject({ reopened: [] });
  expect(await stateOf(bench, id)).toEqual(["review", "await_git"]);
});

test("GJ11 a host whose view of the remote is old takes nothing back, and a remote that is gone decides nothing", async () => {
  await using bench = await operationBench();
  const origin = bench.sandbox.repo("origin", { bare: true });
  const repo = await withRepo(bench);
  repo.git("remote", "add", "origin", origin.dir);
  repo.git("push", "-q", "origin", "main");
  repo.git("fetch", "-q", "origin");
  await bench.call("repo.edit", { repo: "app", target: "remote" });
  const id = await landed(bench, repo);
  repo.git("push", "-q", origin.dir, "main"); // past the remote-tracking branch, as another host would
  expect(await bench.call("git.scan")).toMatchObject({ unlanded: [] });
  expect(await stateOf(bench, id)).toEqual(["done", null]);
  repo.git("remote", "set-url", "origin", bench.sandbox.path("nowhere"));
  origin.git("update-ref", "refs/heads/main", "main~1");
  expect(await bench.call("git.scan")).toMatchObject({ unlanded: [] });
  repo.git("remote", "set-url", "origin", origin.dir);
  expect(await bench.call("git.scan")).toMatchObject({ unlanded: [`OB-${id}`] });
});

test("GJ8 of what the product landed only the landed commit can be missed, not the attempts before it", async () => {
  await using bench = await operationBench();
  const repo = await withRepo(bench);
  repo.git("checkout", "-q", "-b", "attempt");
  const value = repo.commit({ files: { "b.txt": "tried\n" } });
  repo.git("checkout", "-q", "main");
  const id = await landed(bench, repo, { evidence: [{ kind: "commit", value }] });
  const merge = repo.head();
  expect(await bench.call("git.scan")).toMatchObject({ unlanded: [] });
  repo.git("update-ref", "refs/heads/main", "main~1");
  repo.git("reflog", "expire", "--expire=now", "--all");
  repo.git("gc", "-q", "--prune=now");
  expect(() => repo.git("cat-file", "-e", merge)).toThrow();
  expect(await bench.call("git.scan")).toMatchObject({ unlanded: [] });
  expect(await stateOf(bench, id)).toEqual(["done", null]);
});
