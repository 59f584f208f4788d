import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { writeAndFinish } from "#test/agent-scripts.ts";
import { openBenches } from "#test/open-benches.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { human } from "#test/stores.ts";

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

test.each([
  ["move the target", "git update-ref refs/heads/main HEAD", "refs/heads/main"],
  ["drop a person's stash", "git stash drop --quiet", "git stash"],
])(
  "TH6 a run that tries to %s is refused, that is kept, and its own work lands",
  async (_what, act, what) => {
    const b = await bench();
    writeFileSync(join(b.origin.dir, "README.md"), "# Half done\n");
    b.origin.git("stash", "--quiet");
    const stash = b.origin.git("rev-parse", "refs/stash");
    await b.add({ title: "Do it" });
    const before = b.origin.head("main");
    const script = `echo x > a.txt; git add -A; git commit --quiet -m "Do it"; ! ${act} || exit 1; test "$(git rev-parse main)" = ${before}; report finish changed`;
    const events = await b.work([b.agent("robot", script)]);
    expect(events.map(({ type }) => type)).toContain("landed");
    expect(b.origin.git("stash", "list", "--format=%H")).toBe(stash);
    const { items } = await b.store.denials.list({ page: { limit: 10 } });
    expect(items).toMatchObject([
      { actor: "ai:robot", operation: "git", needed: `a person, for ${what} in app` },
    ]);
  },
);

test.each([
  ["moves the target", "git update-ref refs/heads/main HEAD", "ref refs/heads/main was changed"],
  ["drops a person's stash", "git stash drop --quiet", "ref refs/stash was removed"],
])(
  "TH6 a run that %s around the guard lands nothing before a person has looked",
  async (_what, act, found) => {
    const b = await bench();
    writeFileSync(join(b.origin.dir, "README.md"), "# Half done\n");
    b.origin.git("stash", "--quiet");
    const item = await b.add({ title: "Do it" });
    const around = 'env -u GIT_CONFIG_COUNT PATH="${PATH#*:}"';
    const script = `echo x > a.txt; git add -A; git commit --quiet -m "Do it"; ${around} ${act}; report finish changed`;
    const events = await b.work([b.agent("robot", script)]);
    expect(events.map(({ type }) => type)).not.toContain("landed");
    const { item: after, notes } = await b.store.items.get({ id: item.item.id });
    expect([after.state, after.phase]).toEqual(["review", "human"]);
    expect(notes.find(({ kind }) => kind === "review")?.body).toContain(found);
  },
);

test("TH7 a hook that a run plants never runs, and the run is tampered", async () => {
  const b = await bench();
  const canary = b.sandbox.canary("hook");
  const item = await b.add({ title: "Do it" });
  const hooks = ["post-checkout", "post-commit", "post-merge", "pre-push", "reference-transaction", "update"];
  const plant = `h="$(git rev-parse --git-common-dir)/hooks"; mkdir -p "$h"; for n in ${hooks.join(" ")}; do cp '${canary.program}' "$h/$n"; done`;
  const script = `echo x > a.txt; git add -A; git commit --quiet -m "Do it"; ${plant}; report finish changed`;
  const events = await b.work([b.agent("robot", script)]);
  expect(events.map(({ type }) => type)).toContain("tampered");
  expect((await b.runsOf(item))[0]?.outcome).toBe("tampered");
  await b.store.claims.resume({ by: human(), scope: "project", name: "app" });
  await b.add({ title: "Next" });
  const later = await b.work([b.agent("tidy", "echo x > b.txt; report finish changed")]);
  expect(later.map(({ type }) => type)).toContain("landed");
  expect(existsSync(join(b.origin.repo, "hooks", "post-commit"))).toBe(true);
  expect(canary.ran()).toBe(false);
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
    "check.sh; with the former versions of these",
  );
  expect(b.origin.git("ls-tree", "--name-only", "main")).not.toContain("bad.txt");
});
