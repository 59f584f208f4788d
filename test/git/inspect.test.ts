import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

describe("inspecting a path", () => {
  test("an ordinary repository is described from any directory inside it", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("my app\n2");
    const root = repo.commit({ files: { "sub dir/a.txt": "1" } });
    const sha = repo.commit();
    repo.git("remote", "add", "origin", "https://user:secret@example.org/x.git");
    expect(await git.inspect({ path: join(repo.dir, "sub dir") })).toEqual({
      commonDir: join(repo.dir, ".git"),
      topLevel: repo.dir,
      bare: false,
      shallow: false,
      empty: false,
      defaultBranch: "main",
      head: { kind: "branch", branch: "main", sha },
      rootCommits: [root],
      remoteUrl: "https://***@example.org/x.git",
    });
  });

  test("a linked worktree, detached or not, names the repository it belongs to", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const sha = repo.commit();
    const dir = sandbox.path("linked");
    repo.git("worktree", "add", "-q", "--detach", dir);
    const facts = await git.inspect({ path: dir });
    expect(facts).toMatchObject({
      commonDir: repo.repo,
      topLevel: dir,
      head: { kind: "detached", sha },
      defaultBranch: "main",
    });
  });

  test("bare, empty, shallow repositories and a submodule are told apart", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    expect(await git.inspect({ path: repo.dir })).toMatchObject({
      empty: true,
      head: { kind: "unborn", branch: "main" },
    });
    repo.commit({ files: { a: "1" } });
    repo.commit({ files: { a: "2" } });
    const bare = sandbox.clone(repo.dir, "bare.git", "--bare");
    const facts = await git.inspect({ path: bare.dir });
    expect(facts).toMatchObject({ bare: true, commonDir: bare.dir, empty: false });
    expect(facts.topLevel).toBeUndefined();
    bare.git("worktree", "add", "-q", sandbox.path("of-bare"), "main");
    expect(await git.inspect({ path: sandbox.path("of-bare") })).toMatchObject({
      bare: true,
      topLevel: sandbox.path("of-bare"),
    });
    const shallow = sandbox.clone(`file://${repo.dir}`, "shallow", "--depth=1");
    expect(await git.inspect({ path: shallow.dir })).toMatchObject({ shallow: true, rootCommits: [] });
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", bare.dir, "sub");
    const sub = await git.inspect({ path: join(repo.dir, "sub") });
    expect(sub).toMatchObject({
      superproject: repo.dir,
      topLevel: join(repo.dir, "sub"),
      commonDir: join(repo.repo, "modules/sub"),
    });
    expect((await git.scan({ repo: sub.commonDir, known: [] })).branches.length).toBeGreaterThan(0);
  });

  test("GI63 the default branch follows origin/HEAD while that branch exists, also after a rename", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const hub = sandbox.repo("hub", { branch: "master" });
    hub.commit();
    const repo = sandbox.clone(hub.dir, "app");
    repo.git("checkout", "-qb", "work");
    expect(await git.inspect({ path: repo.dir })).toMatchObject({ defaultBranch: "master" });
    hub.git("branch", "-m", "master", "trunk");
    repo.git("fetch", "-q", "--prune");
    repo.git("branch", "-m", "master", "trunk");
    repo.git("checkout", "-q", "trunk");
    expect(await git.inspect({ path: repo.dir })).toMatchObject({ defaultBranch: "trunk" });
  });

  test("a path that is gone is not_found, one outside a repository invalid, another user's repository denied", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    expect(await refusal(git.inspect({ path: sandbox.path("gone") }))).toMatchObject({ code: "not_found" });
    mkdirSync(sandbox.path("plain"));
    expect(await refusal(git.inspect({ path: sandbox.path("plain") }))).toMatchObject({ code: "invalid" });
    const repo = sandbox.repo("app");
    rmSync(join(repo.repo, "HEAD"));
    expect(await refusal(git.inspect({ path: repo.dir }))).toMatchObject({ code: "invalid" });
    if (process.getuid?.() !== 0) return;
    const other = sandbox.repo("other");
    for (const path of [other.dir, other.repo]) chownSync(path, 65534, 65534);
    expect(await refusal(git.inspect({ path: other.dir }))).toMatchObject({ code: "denied" });
  });

  test("GI65 a name that could be an option or an expression is refused; branch, tag and abbreviated id resolve", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const sha = repo.commit();
    repo.git("tag", "-a", "v1", "-m", "x");
    for (const name of ["main", "v1", sha.slice(0, 8), sha, "refs/heads/main"])
      expect(await git.resolve({ repo: repo.repo, name })).toBe(sha);
    for (const name of ["--all", "-x", "main~1", "main^{tree}", ":/x", "a b", "", "@{-1}"])
      expect(await refusal(git.resolve({ repo: repo.repo, name }))).toMatchObject({ code: "invalid" });
    for (const name of ["absent", "a".repeat(40), "main..v1"])
      expect(await refusal(git.resolve({ repo: repo.repo, name }))).toMatchObject({ code: "not_found" });
    expect(await git.headOf({ repo: repo.repo, branch: "main" })).toBe(sha);
    expect(await refusal(git.headOf({ repo: repo.repo, branch: "v1" }))).toMatchObject({ code: "not_found" });
  });

  test("a git older than 2.39 is unavailable", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    mkdirSync(sandbox.path("bin"));
    const PATH = `${sandbox.path("bin")}:${sandbox.env["PATH"] ?? ""}`;
    for (const [version, taken] of [
      ["2.38.5", false],
      ["1.99", false],
      ["2.39.0.windows.1", true],
      ["3.0", true],
    ] as const) {
      const rest = `exec ${Bun.which("git") ?? "git"} "$@"`;
      const fake = `#!/bin/sh\ncase "$*" in *version) echo git version ${version}; exit;; esac; ${rest}\n`;
      writeFileSync(sandbox.path("bin", "git"), fake, { mode: 0o755 });
      const git = gitUnderTest({ ...sandbox, env: { ...sandbox.env, PATH } });
      const facts = git.inspect({ path: repo.dir });
      if (taken) expect((await facts).commonDir).toBe(repo.repo);
      else expect(await refusal(facts)).toMatchObject({ code: "unavailable" });
    }
  });

  test("a repository with SHA-256 names is read, merged and landed in", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    Bun.spawnSync(["git", "init", "-q", "--object-format=sha256", sandbox.path("app")], { env: sandbox.env });
    const repo = sandbox.at(sandbox.path("app"));
    repo.git("config", "user.name", "Ada Human");
    repo.git("config", "user.email", "ada@example.org");
    const tip = repo.commit({ files: { "a.txt": "1\n" } });
    repo.git("checkout", "-qb", "sluice/a");
    const head = repo.commit({ files: { "b.txt": "1\n" } });
    const at = { repo: repo.repo };
    expect((await git.inspect({ path: repo.dir })).head).toEqual({
      kind: "branch",
      branch: "sluice/a",
      sha: head,
    });
    expect(await git.blame({ ...at, path: "b.txt", line: 1 })).toBe(head);
    expect((await git.patchIds({ ...at, shas: [head] })).size).toBe(1);
    const commits = await Array.fromAsync((await git.scan({ ...at, known: [] })).commits);
    expect(commits.flat().map(({ sha }) => sha)).toEqual([head, tip]);
    const merge = await git.buildMerge({ ...at, tip, head, strategy: "merge", message: "x" });
    if (merge.kind !== "built") throw new Error(merge.kind);
    const target = { kind: "local", branch: "main" } as const;
    expect(
      await git.land({ ...at, target, from: tip, to: merge.commit, checkout: "stays" as const }),
    ).toEqual({ kind: "landed" });
  });
});
