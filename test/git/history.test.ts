import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { CommitRecord, HistoryScan } from "#operations/ports/git.ts";
import { createGit } from "#git/create-git.ts";
import { type GitSandbox, gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

async function all(scan: HistoryScan): Promise<readonly CommitRecord[]> {
  return (await Array.fromAsync(scan.commits)).flat();
}
const subjects = async (scan: HistoryScan) => (await all(scan)).map(({ subject }) => subject).toSorted();

/** The port over a git that counts its calls. */
function countedGit(sandbox: GitSandbox) {
  const [folder, record] = [sandbox.path("counted"), sandbox.path("calls")];
  mkdirSync(folder);
  const real = Bun.which("git") ?? "git";
  writeFileSync(join(folder, "git"), `#!/bin/sh\necho call >> "${record}"\nexec "${real}" "$@"\n`);
  chmodSync(join(folder, "git"), 0o755);
  const env = { ...sandbox.env, PATH: `${folder}:${sandbox.env["PATH"]}` };
  const git = createGit({ env, stateDir: sandbox.path("state"), now: () => 0, nonce: () => "nonce" });
  const calls = () => (existsSync(record) ? readFileSync(record, "utf8").split("\n").length - 1 : 0);
  return { git, calls };
}

describe("the history index", () => {
  test("a commit comes with its parents, people, times, subject and body as git splits them", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const first = repo.commit({ message: "First" });
    const message = "Two lines\nof a subject\n\nBody é 日本\n\n- a\n\nRefs: OB-1";
    const sha = repo.commit({ message, author: "Zoë <z@example.org>" });
    const [newest, oldest] = await all(await git.scan({ repo: repo.repo, known: [] }));
    expect(newest).toEqual({
      sha,
      parents: [first],
      author: { name: "Zoë", email: "z@example.org" },
      committer: { name: "Ada Human", email: "ada@example.org" },
      authoredAtMs: 1_704_110_520_000,
      committedAtMs: 1_704_110_520_000,
      subject: "Two lines of a subject",
      body: "Body é 日本\n\n- a\n\nRefs: OB-1",
    });
    expect(oldest).toMatchObject({ sha: first, parents: [], subject: "First", body: "" });
  });

  test("GI71 a scan gives only what the known heads do not reach, from every branch and detached worktree", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    repo.commit({ message: "one" });
    const before = await git.scan({ repo: repo.repo, known: [] });
    expect(await subjects(before)).toEqual(["one"]);
    expect(await subjects(await git.scan({ repo: repo.repo, known: before.branches }))).toEqual([]);
    repo.git("checkout", "-qb", "side");
    repo.commit({ message: "side" });
    repo.git("checkout", "-q", "--detach", "main");
    repo.commit({ message: "detached" });
    const after = await git.scan({ repo: repo.repo, known: before.branches });
    expect(await subjects(after)).toEqual(["detached", "side"]);
    expect(after.branches.map(({ ref }) => ref)).toEqual(["refs/heads/main", "refs/heads/side"]);
  });

  test("GI97 with nothing new git is asked once, whatever worktrees there are", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    repo.commit({ message: "one" });
    repo.git("worktree", "add", "-q", "--detach", sandbox.path("beside"));
    const { calls, git } = countedGit(sandbox);
    const { branches } = await git.scan({ repo: repo.repo, known: [] });
    const before = calls();
    const again = await git.scan({ repo: repo.repo, known: branches });
    expect([await subjects(again), calls() - before]).toEqual([[], 1]);
    repo.commit({ message: "two" });
    expect(await subjects(await git.scan({ repo: repo.repo, known: branches }))).toEqual(["two"]);
  });

  test("deleted and rewritten branches are named, also when the old head's object is gone", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ message: "base" });
    repo.git("branch", "grows");
    repo.git("branch", "goes");
    const old = repo.commit({ message: "old" });
    const { branches: known } = await git.scan({ repo: repo.repo, known: [] });
    repo.git("branch", "-D", "goes");
    repo.git("branch", "-f", "grows", old);
    repo.git("reset", "-q", "--hard", base);
    const to = repo.commit({ message: "new" });
    const scan = await git.scan({ repo: repo.repo, known });
    expect(scan).toMatchObject({
      gone: ["refs/heads/goes"],
      rewritten: [{ ref: "refs/heads/main", from: old, to }],
    });
    expect(await subjects(scan)).toEqual(["new"]);
    repo.git("branch", "-D", "grows");
    repo.git("reflog", "expire", "--expire=now", "--all");
    repo.git("gc", "-q", "--prune=now");
    const pruned = await git.scan({ repo: repo.repo, known });
    expect(pruned.rewritten).toEqual([{ ref: "refs/heads/main", from: old, to }]);
    expect(await subjects(pruned)).toEqual(["new"]);
    const lost = await git.scan({ repo: repo.repo, known: known.filter(({ sha }) => sha === old) });
    expect(await subjects(lost)).toEqual(["base", "new"]);
  });

  test("empty repositories give nothing, shallow ones what they have, bare ones all", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    expect(await subjects(await git.scan({ repo: repo.repo, known: [] }))).toEqual([]);
    for (const message of ["1", "2", "3"]) repo.commit({ message });
    const shallow = sandbox.clone(`file://${repo.dir}`, "shallow", "--depth=2");
    expect(await subjects(await git.scan({ repo: shallow.repo, known: [] }))).toEqual(["2", "3"]);
    const bare = sandbox.clone(repo.dir, "bare.git", "--bare");
    expect(await subjects(await git.scan({ repo: bare.repo, known: [] }))).toEqual(["1", "2", "3"]);
  });

  test("batches hold at most a thousand commits, and leaving early ends git", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const commit = (n: number) =>
      `commit refs/heads/main\ncommitter A <a@b> ${1_700_000_000 + n} +0000\ndata 3\nn\n\n\n`;
    const stream = Array.from({ length: 2_500 }, (_, n) => commit(n)).join("");
    const load = Bun.spawnSync(["git", "fast-import", "--quiet"], {
      cwd: repo.dir,
      env: sandbox.env,
      stdin: Buffer.from(stream),
    });
    expect(load.exitCode).toBe(0);
    const sizes = (await Array.fromAsync((await git.scan({ repo: repo.repo, known: [] })).commits)).map(
      ({ length }) => length,
    );
    expect(sizes).toEqual([1000, 1000, 500]);
    for await (const batch of (await git.scan({ repo: repo.repo, known: [] })).commits) {
      expect(batch.length).toBe(1000);
      break;
    }
  });

  test("reachable, patch ids and blame survive a rebase; unknown commits are refused or unreachable", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "-a b.txt": "1\n2\n" } });
    repo.git("checkout", "-qb", "work");
    const work = repo.commit({ files: { "-a b.txt": "1\ntwo\n" } });
    const empty = repo.commit();
    repo.git("checkout", "-q", "main");
    repo.commit({ files: { other: "x" } });
    repo.git("cherry-pick", work);
    const picked = repo.head();
    const at = { repo: repo.repo };
    expect(await git.reachable({ ...at, sha: work, from: "refs/heads/main" })).toBe(false);
    expect(await git.reachable({ ...at, sha: base, from: "refs/heads/main" })).toBe(true);
    expect(await git.reachable({ ...at, sha: base, from: "refs/heads/absent" })).toBe(false);
    const ids = await git.patchIds({ ...at, shas: [work, picked, empty, base] });
    expect(ids.get(work)).toMatch(/^[0-9a-f]{40}$/);
    expect([ids.get(picked), ids.has(empty), ids.has(base)]).toEqual([ids.get(work), false, true]);
    expect(await git.blame({ ...at, path: "-a b.txt", line: 2 })).toBe(picked);
    expect(await git.blame({ ...at, path: "-a b.txt", line: 1 })).toBe(base);
    expect(await refusal(git.blame({ ...at, path: "-a b.txt", line: 3 }))).toMatchObject({
      code: "not_found",
    });
    const between = await git.commitsBetween({ ...at, from: base, to: picked, paths: ["other"], limit: 9 });
    expect(between.map(({ parents }) => parents)).toEqual([[base]]);
  });

  test("branch and tag names come without their namespace", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    repo.commit();
    repo.git("tag", "v/1");
    expect(await git.refNames({ repo: repo.repo, kind: "branch" })).toEqual(["main"]);
    expect(await git.refNames({ repo: repo.repo, kind: "tag" })).toEqual(["v/1"]);
  });
});
