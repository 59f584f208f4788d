import { mkdirSync, renameSync } from "node:fs";
import { expect, test } from "bun:test";
import { textWith } from "#test/matching.ts";
import { agent } from "#test/stores.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { shown } from "#test/shown.ts";

test("OP7 a repository tells its own facts, and is registered once", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("My App");
  const root = repo.commit({ files: { "a.ts": "1" } });
  expect(await bench.call("repo.add", { paths: [repo.dir], setup: "npm ci" })).toMatchObject({
    repos: [
      {
        alias: "my-app",
        project: "app",
        default_branch: "main",
        root_commit: root,
        setup: "npm ci",
        missing: false,
      },
    ],
  });
  repo.git("worktree", "add", "--quiet", bench.sandbox.path("other"), "-b", "side");
  const { code, details } = await refusal(bench.call("repo.add", { paths: [bench.sandbox.path("other")] }));
  expect([code, details.alias]).toEqual(["conflict", "my-app"]);
  expect((await refusal(bench.call("repo.add", { paths: [bench.sandbox.path("nowhere")] }))).code).toBe(
    "not_found",
  );
  expect(await bench.call("repo.edit", { repo: "my-app", target: "remote", ifVersion: 1 })).toMatchObject({
    repo: { target: "remote", setup: "npm ci" },
  });
  await bench.call("repo.remove", { repo: "my-app" });
  expect(await bench.call("repo.list")).toEqual({ repos: [] });
});

test("OP56 several repositories are registered in one call, each with a project of its own and its TODO.md; what cannot be read is passed over", async () => {
  await using bench = await operationBench([]);
  const dirs = ["one", "two", "three"].map((name) => {
    const repo = bench.sandbox.repo(name);
    repo.commit({ files: name === "three" ? {} : { "TODO.md": `- [ ] Mend ${name}\n` } });
    return repo.dir;
  });
  mkdirSync(bench.sandbox.path("plain"));
  const paths = [...dirs, bench.sandbox.path("plain"), bench.sandbox.path("nowhere")];
  const all = { paths, projectEach: true, import: true };
  expect(await bench.call("repo.add", all)).toMatchObject({
    repos: [
      { alias: "one", project: "one" },
      { alias: "two", project: "two" },
      { alias: "three", project: "three" },
    ],
    left_out: [{ path: paths[3] }, { path: paths[4] }],
    imported: { filed: 2, skipped: 0, problems: 0 },
  });
  expect(await bench.call("gate.list")).toMatchObject({
    candidates: [{ project: "one" }, { project: "two" }],
  });
  // Once more: all are known, and nothing is filed or made twice.
  expect(await bench.call("repo.add", all)).toMatchObject({ repos: [], imported: { filed: 0 } });
  expect(await bench.call("project.list")).toMatchObject({ projects: { length: 3 } });
});

test("OP8 a vanished repository is shown, and skipped", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  repo.commit();
  await bench.call("repo.add", { paths: [repo.dir] });
  renameSync(repo.dir, bench.sandbox.path("moved"));
  expect(await bench.call("repo.list")).toMatchObject({ repos: [{ alias: "app", missing: true }] });
  expect(await bench.call("doctor")).toMatchObject({
    findings: [{ severity: "warning", check: "repo.missing" }],
  });
  expect(await bench.call("git.scan")).toMatchObject({ repos: [{ repo: "app", missing: true, commits: 0 }] });
  await bench.call("repo.edit", { repo: "app", path: bench.sandbox.path("moved") });
  expect(await bench.call("git.scan")).toMatchObject({ repos: [{ missing: false, commits: 1 }] });
});

test("a changed rule is a new version by who wrote it", async () => {
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
  expect(await bench.call("project.list")).toEqual({ projects: [], archived: 1 });
});

test("a list without a project says whether all are archived, and one that is back says so", async () => {
  await using bench = await operationBench(["app", "web"]);
  const archive = (project: string, undo = false) => bench.call("project.archive", { project, undo });
  for (const project of ["app", "web"])
    expect(await shown("project.archive", await archive(project))).toBe(`Project ${project} is archived`);
  expect(await shown("project.list", await bench.call("project.list"))).toContain(
    "sluice project list --archived",
  );
  expect(await shown("project.list", { projects: [] })).toContain("sluice project add");
  expect(await shown("project.archive", await archive("app", true))).toBe("Project app is back in the queue");
});

test("RD36 what an archived or a full project keeps back is not ready, and everything that counts says why", async () => {
  await using bench = await operationBench(["app"]);
  for (const title of ["One", "Two", "Three"])
    await bench.call("item.add", { title, lane: "autonomous_safe" });
  await bench.call("project.edit", { project: "app", maxLeases: 1 });
  expect(await bench.call("status")).toMatchObject({ ready: { count: 3 }, at_bound: [] });
  await bench.call("claim", { ref: "OB-1" }, { as: agent() });
  const full = await bench.call("status");
  expect(full).toMatchObject({
    ready: { count: 0 },
    at_bound: [{ project: "app", max_leases: 1, waiting: 2 }],
  });
  expect(await shown("status", full)).toContain("2 more in app, which is at its limit of 1 lease");
  expect(await bench.call("next")).toMatchObject({
    why: { ready: 0, leased: 1, at_bound: [{ waiting: 2 }] },
  });
  expect(await bench.call("why", { ref: "OB-2" })).toMatchObject({
    claimable: false,
    reasons: [{ code: "bound", text: textWith("sluice project edit app --max-leases 2") }],
  });
  expect((await refusal(bench.call("claim", {}, { as: agent() }))).message).toContain(
    "1 project at the limit of leases",
  );
  await bench.call("project.archive", { project: "app" });
  const archived = await bench.call("status");
  expect(archived).toMatchObject({ ready: { count: 0 }, at_bound: [], archived: 2 });
  expect(await shown("status", archived)).toContain("2 more in archived projects");
  expect(await bench.call("why", { ref: "OB-2" })).toMatchObject({
    reasons: [{ code: "archived", text: textWith("sluice project archive app --undo") }],
  });
});

test("OP58 files of common tools that decide what is tested, built and run are protected as they are found; found and none can be given", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  repo.commit({
    files: {
      "package.json": "{}",
      "src/a.ts": "1",
      "src/a.test.ts": "1",
      "py/conftest.py": "1",
      "latest/x": "1",
      ".github/workflows/ci.yml": "on: push",
      "deep/Makefile": "all:",
      contest: "1",
    },
  });
  const keys = "scripts,jest,mocha,ava,husky,lint-staged,simple-git-hooks";
  const files = [".github/workflows/", `**/package.json#${keys}`, "**/Makefile"];
  expect(await bench.call("repo.add", { paths: [repo.dir] })).toMatchObject({
    repos: [{ test_paths: ["**/*.test.*", "**/conftest.py"], protected: files }],
  });
  const given = { repo: "app", testPaths: ["none"], protectedPaths: ["found", "deploy/"] };
  repo.commit({ files: { "package.json": null, "deep/Makefile": null, ".husky/pre-commit": "true" } });
  expect(await bench.call("repo.edit", given)).toMatchObject({
    repo: { test_paths: [], protected: [".github/workflows/", ".husky/", "deploy/"] },
  });
  const other = bench.sandbox.repo("other");
  other.commit({ files: { "a.test.ts": "1", Makefile: "all:" } });
  const own = { paths: [other.dir], testPaths: ["t/"], protectedPaths: ["none"] };
  expect(await bench.call("repo.add", own)).toMatchObject({ repos: [{ test_paths: ["t/"], protected: [] }] });
});
