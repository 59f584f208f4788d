import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";

const bench = openBenches();

test("TH3 a path that leads out of the repository is refused", async () => {
  await using operations = await operationBench();
  for (const path of ["../secret", "/etc/passwd", "a/../../b"]) {
    const premises = [{ kind: "file", path }];
    for (const input of [{ premises }, { premises: [{ kind: "match", pattern: "x", paths: [path] }] }])
      expect((await refusal(operations.call("item.add", { title: "Read", ...input }))).code).toBe("invalid");
  }
  expect(
    await operations.call("item.add", { title: "Read", premises: [{ kind: "file", path: "a/b" }] }),
  ).toHaveProperty("item");
});

test.each([
  ["copies", "../secret*"],
  ["caches", "../shared"],
] as const)("TH3 %s that name something outside start no agent", async (kind, path) => {
  const b = await bench({ repo: { [kind]: [path] } });
  writeFileSync(join(b.origin.dir, "..", "secret.txt"), "secret");
  const item = await b.add({ title: "Do it" });
  const mark = b.sandbox.path("started");
  await b.work([b.agent("robot", `touch '${mark}'`)]);
  expect(existsSync(mark)).toBe(false);
  expect((await b.runsOf(item))[0]?.outcome).toBe("blocked");
});

test("TH4 a link of the commit leads no copy and no shared folder out of the worktree", async () => {
  const b = await bench({ repo: { copies: [".env", "config/*.env"], caches: ["out/cache"] } });
  const outside = b.sandbox.path("outside");
  mkdirSync(outside);
  for (const [link, to] of [
    [".env", join(outside, "made")],
    ["config", outside],
    ["out", outside],
  ] as const)
    symlinkSync(to, join(b.origin.dir, link));
  b.origin.git("checkout", "--quiet", "main");
  b.origin.git("add", "--all");
  b.origin.commit({ message: "Link" });
  b.origin.git("checkout", "--quiet", "--detach");
  for (const link of [".env", "config", "out"]) b.origin.git("rm", "--quiet", "--cached", link);
  for (const link of [".env", "config", "out"]) Bun.spawnSync(["rm", join(b.origin.dir, link)]);
  mkdirSync(join(b.origin.dir, "config"));
  writeFileSync(join(b.origin.dir, ".env"), "KEY=1\n");
  writeFileSync(join(b.origin.dir, "config", "a.env"), "KEY=2\n");
  await b.add({ title: "Do it" });
  const events = await b.work([b.agent("robot", `test -z "$(ls '${outside}')"; ${writeAndFinish("a.txt")}`)]);
  expect(events.map(({ type }) => type)).toContain("done");
  expect(readdirSync(outside)).toEqual([]);
});

test("TH4 a link that an agent puts where a copy was removes nothing outside", async () => {
  const b = await bench({ repo: { copies: ["config/*.env"] } });
  mkdirSync(join(b.origin.dir, "config"));
  writeFileSync(join(b.origin.dir, "config", "a.env"), "KEY=1\n");
  const outside = b.sandbox.path("outside");
  mkdirSync(outside);
  writeFileSync(join(outside, "a.env"), "KEY=2\n");
  await b.add({ title: "Do it" });
  const act = `test -f config/a.env; rm -r config; ln -s '${outside}' config`;
  await b.work([b.agent("robot", `${act}; ${writeAndFinish("a.txt")}`)]);
  expect(readFileSync(join(outside, "a.env"), "utf8")).toBe("KEY=2\n");
});

test("TH6 what a run does to branches, tags, stash and worktrees is its own; its work lands", async () => {
  const b = await bench();
  writeFileSync(join(b.origin.dir, "README.md"), "# Half done\n");
  b.origin.git("stash", "--quiet");
  const stash = b.origin.git("rev-parse", "refs/stash");
  await b.add({ title: "Do it" });
  const acts = [
    "git update-ref refs/heads/main HEAD",
    "git tag mine",
    "git branch -D other",
    "git push origin HEAD:main",
    "git stash drop",
    "git worktree add ../more",
  ].map((act) => `{ ${act}; } >/dev/null 2>&1 || :`);
  const script = `${writeAndFinish("a.txt").replace("; report finish changed", "")}; ${acts.join("; ")}; report finish changed`;
  b.origin.git("branch", "other");
  const events = await b.work([b.agent("robot", script)]);
  expect(events.map(({ type }) => type)).toContain("landed");
  expect(b.origin.git("stash", "list", "--format=%H")).toBe(stash);
  expect([b.origin.git("tag"), b.origin.git("branch", "--list", "other").trim()]).toEqual(["", "other"]);
});

test("TH7 a hook that a run plants in its repository never runs in what Sluice does", async () => {
  const b = await bench();
  const canary = b.sandbox.canary("hook");
  await b.add({ title: "Do it" });
  const hooks = ["post-checkout", "post-commit", "post-merge", "pre-push", "reference-transaction", "update"];
  const plant = `mkdir -p .git/hooks; for n in ${hooks.join(" ")}; do cp '${canary.program}' ".git/hooks/$n"; done`;
  const script = `echo x > a.txt; git add -A; git commit --quiet -m "Do it"; echo y > b.txt; ${plant}; report finish changed`;
  const events = await b.work([b.agent("robot", script)]);
  expect(events.map(({ type }) => type)).toContain("landed");
  expect([canary.ran(), existsSync(join(b.origin.repo, "hooks", "post-commit"))]).toEqual([false, false]);
});

test("TH8 a run that edits the check is judged by the former one, and waits for a person", async () => {
  const b = await bench({ check: "sh check.sh", repo: { protectedPaths: ["check.sh"] } });
  b.origin.git("checkout", "--quiet", "main");
  b.origin.commit({ message: "Check", files: { "check.sh": "! test -e bad.txt\n" } });
  b.origin.git("checkout", "--quiet", "--detach");
  const item = await b.add({ title: "Do it" });
  const script = `echo true > check.sh; echo x > bad.txt; git add -A; git commit --quiet -m "Do it"; report finish changed`;
  const events = await b.work([b.agent("robot", script)]);
  expect(events.map(({ type }) => type)).not.toContain("landed");
  const { item: after, notes } = await b.store.items.get({ id: item.item.id });
  expect([after.state, after.phase]).toEqual(["review", "human"]);
  expect(notes.find(({ kind }) => kind === "review")?.body).toContain(
    "check.sh; with the previous versions of these",
  );
  expect(b.origin.git("ls-tree", "--name-only", "main")).not.toContain("bad.txt");
});
