import { renameSync } from "node:fs";
import { expect, test } from "bun:test";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";

test("OP7 a repository tells its own facts, and is registered once", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("My App");
  const root = repo.commit({ files: { "a.ts": "1" } });
  expect(await bench.call("repo.add", { path: repo.dir, setup: "npm ci" })).toMatchObject({
    repo: {
      alias: "my-app",
      project: "app",
      default_branch: "main",
      root_commit: root,
      setup: "npm ci",
      missing: false,
    },
  });
  repo.git("worktree", "add", "--quiet", bench.sandbox.path("other"), "-b", "side");
  const { code, details } = await refusal(bench.call("repo.add", { path: bench.sandbox.path("other") }));
  expect([code, details.alias]).toEqual(["conflict", "my-app"]);
  expect((await refusal(bench.call("repo.add", { path: bench.sandbox.path("nowhere") }))).code).toBe(
    "not_found",
  );
  expect(await bench.call("repo.edit", { repo: "my-app", target: "remote", ifVersion: 1 })).toMatchObject({
    repo: { target: "remote", setup: "npm ci" },
  });
  await bench.call("repo.remove", { repo: "my-app" });
  expect(await bench.call("repo.list")).toEqual({ repos: [] });
});

test("OP8 a vanished repository is shown, and skipped", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  repo.commit();
  await bench.call("repo.add", { path: repo.dir });
  renameSync(repo.dir, bench.sandbox.path("moved"));
  expect(await bench.call("repo.list")).toMatchObject({ repos: [{ alias: "app", missing: true }] });
  expect(await bench.call("doctor")).toMatchObject({
    findings: [{ severity: "warning", check: "repo.missing" }],
  });
  expect(await bench.call("git.scan")).toMatchObject({ repos: [{ repo: "app", missing: true, commits: 0 }] });
  await bench.call("repo.edit", { repo: "app", path: bench.sandbox.path("moved") });
  expect(await bench.call("git.scan")).toMatchObject({ repos: [{ missing: false, commits: 1 }] });
});

test("OP9 a changed rule is a new version by who wrote it", async () => {
  await using bench = await operationBench();
  const edit = (approve: object) => bench.call("project.edit", { project: "app", approve: [approve] });
  const rule = { name: "todo", source: "todo-md", lane: "requires_triage" };
  const first = { project: { policy: { approve: [{ ...rule, version: 1, by: "human:ada" }] } } };
  expect(await edit(rule)).toMatchObject(first);
  expect(await edit(rule)).toMatchObject(first);
  expect(await edit({ ...rule, lane: "autonomous_safe" })).toMatchObject({
    project: { policy: { approve: [{ version: 2, lane: "autonomous_safe" }] } },
  });
  expect(await bench.call("project.show", { project: "app" })).toMatchObject({
    project: { alias: "app", policy: { approve: [{ version: 2 }] } },
    queue: { ready: 0 },
  });
  expect(await bench.call("project.archive", { project: "app" })).toHaveProperty("project.archived_at");
  expect(await bench.call("project.list")).toEqual({ projects: [] });
});
