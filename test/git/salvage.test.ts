import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { GitPort } from "#operations/ports/git.ts";
import { type FixtureRepo, type GitSandbox, gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

const BRANCH = "sluice/OB-1-R1";

async function withRun(sandbox: GitSandbox): Promise<{
  git: GitPort;
  repo: FixtureRepo;
  base: Sha;
  dir: string;
  rescue: Parameters<GitPort["salvage"]>[0];
}> {
  const git = gitUnderTest(sandbox, () => Date.now() + 60_000);
  const repo = sandbox.repo("app");
  const base = repo.commit({ files: { "a.txt": "1\n", "b.txt": "1\n", ".gitignore": "ignored\n" } });
  const dir = sandbox.path("run");
  await git.addWorktree({ repo: repo.repo, dir, branch: BRANCH, base });
  return {
    git,
    repo,
    base,
    dir,
    rescue: { repo: repo.repo, dir, branch: BRANCH, message: "OB-1: work of a run that ended" },
  };
}

describe("salvaging a dead run's work", () => {
  test("GI30 staged, unstaged, new and deleted files go onto the branch without hooks; the worktree is clean after", async () => {
    using sandbox = gitSandbox();
    const { git, repo, base, dir, rescue } = await withRun(sandbox);
    const hook = sandbox.canary("hook");
    for (const name of [
      "pre-commit",
      "post-commit",
      "commit-msg",
      "reference-transaction",
      "post-index-change",
    ])
      writeFileSync(join(repo.repo, "hooks", name), readFileSync(hook.program), { mode: 0o755 });
    writeFileSync(join(dir, "a.txt"), "staged\n");
    Bun.spawnSync(["git", "-c", "core.hooksPath=/dev/null", "add", "a.txt"], { cwd: dir, env: sandbox.env });
    writeFileSync(join(dir, "a.txt"), "worked on\n");
    writeFileSync(join(dir, "-new file"), "new\n");
    writeFileSync(join(dir, "ignored"), "x");
    Bun.spawnSync(["rm", "b.txt"], { cwd: dir });
    const saved = await git.salvage(rescue);
    expect(saved).toEqual({ kind: "saved", head: repo.head(BRANCH), embedded: [] });
    expect(hook.ran()).toBe(false);
    expect(repo.git("log", "--format=%P %an %s", "-1", BRANCH)).toBe(
      `${base} Ada Human OB-1: work of a run that ended`,
    );
    expect(repo.git("ls-tree", "-r", "--name-only", BRANCH)).toBe("-new file\n.gitignore\na.txt");
    expect(repo.git("show", `${BRANCH}:a.txt`)).toBe("worked on");
    expect(repo.gitIn(dir, "-c", "core.hooksPath=/dev/null", "status", "--porcelain")).toBe("");
    expect(await git.salvage(rescue)).toEqual({ kind: "nothing" });
    await git.removeWorktree({ repo: repo.repo, dir });
    expect(await git.salvage(rescue)).toEqual({ kind: "nothing" });
  });

  test("GI31 a half rebase with an autostash is ended: its detached commits, the stash and the files are all kept", async () => {
    using sandbox = gitSandbox();
    const { git, repo, dir, rescue } = await withRun(sandbox);
    const tree = sandbox.at(dir);
    tree.commit({ message: "first", files: { "c.txt": "c\n" } });
    tree.commit({ message: "second", files: { "a.txt": "mine\n" } });
    repo.commit({ files: { "a.txt": "theirs\n" } });
    writeFileSync(join(dir, "b.txt"), "not committed\n");
    const before = repo.head(BRANCH);
    expect(() => tree.git("rebase", "--autostash", "main")).toThrow();
    const detached = tree.head();
    const saved = await git.salvage(rescue);
    expect(saved.kind).toBe("saved");
    const [parent, ...further] = repo.git("log", "-1", "--format=%P", BRANCH).split(" ");
    expect([parent, further[0]]).toEqual([before, detached]);
    expect(repo.git("show", `${further[1] ?? ""}:b.txt`)).toBe("not committed");
    expect(repo.git("show", `${BRANCH}:a.txt`)).toContain("<<<<<<<");
    expect(tree.git("status", "--porcelain=v2", "--branch")).toContain(`# branch.head ${BRANCH}`);
    expect(tree.git("status")).toContain("nothing to commit, working tree clean");
    expect(repo.git("for-each-ref", "refs/stash")).toBe("");
  });

  test("GI32 a half merge is ended and keeps its files; a stale index.lock does not stand in the way", async () => {
    using sandbox = gitSandbox();
    const { git, repo, dir, rescue } = await withRun(sandbox);
    const tree = sandbox.at(dir);
    tree.commit({ files: { "a.txt": "mine\n" } });
    repo.commit({ files: { "a.txt": "theirs\n" } });
    writeFileSync(join(dir, "b.txt"), "not committed\n");
    expect(() => tree.git("merge", "--autostash", "main")).toThrow();
    const lock = join(tree.git("rev-parse", "--absolute-git-dir"), "index.lock");
    writeFileSync(lock, "");
    expect((await git.salvage(rescue)).kind).toBe("saved");
    expect([existsSync(lock), tree.git("status", "--porcelain")]).toEqual([false, ""]);
    expect(tree.git("status")).not.toContain("merging");
    expect(repo.git("show", `${BRANCH}^2:b.txt`)).toBe("not committed");
    expect(repo.git("for-each-ref", "refs/stash")).toBe("");
  });

  test("GI33 a repository inside the worktree is named, since a commit cannot hold it", async () => {
    using sandbox = gitSandbox();
    const { git, dir, rescue } = await withRun(sandbox);
    mkdirSync(join(dir, "none"));
    Bun.spawnSync(["git", "init", "-q", join(dir, "none")], { env: sandbox.env });
    Bun.spawnSync(["git", "init", "-q", join(dir, "inner")], { env: sandbox.env });
    sandbox
      .at(join(dir, "inner"))
      .git("-c", "user.name=x", "-c", "user.email=y", "commit", "-q", "--allow-empty", "-m", "x");
    writeFileSync(join(dir, "kept.txt"), "x");
    expect(await git.salvage(rescue)).toMatchObject({ kind: "saved", embedded: ["inner"] });
    expect(sandbox.at(dir).git("ls-tree", "--name-only", "HEAD")).toContain("kept.txt");
    for (const inner of ["none", "inner"]) {
      expect(await refusal(git.removeWorktree(rescue))).toMatchObject({ code: "conflict" });
      rmSync(join(dir, inner), { recursive: true });
    }
  });

  test("GI34 only a branch of ours is written to", async () => {
    using sandbox = gitSandbox();
    const { git, rescue } = await withRun(sandbox);
    expect(await refusal(git.salvage({ ...rescue, branch: "main" }))).toMatchObject({ code: "denied" });
  });
});

describe("a worktree whose .git is gone, points elsewhere or is a repository", () => {
  test("GI54 it is salvaged by the repository's own record, and no repository around it is touched", async () => {
    using sandbox = gitSandbox();
    const { git, repo, base, dir, rescue } = await withRun(sandbox);
    Bun.spawnSync(["git", "init", "-q", sandbox.root], { env: sandbox.env });
    const around = sandbox.at(sandbox.root);
    const link = join(dir, ".git");
    const target = { kind: "local", branch: "main" } as const;
    const tamper: Readonly<Record<string, () => void>> = {
      gone: () => rmSync(link),
      elsewhere: () => writeFileSync(link, `gitdir: ${join(sandbox.root, ".git")}\n`),
      garbage: () => writeFileSync(link, "garbage"),
    };
    for (const [name, change] of Object.entries(tamper)) {
      writeFileSync(join(dir, name), "work");
      change();
      const moved = { repo: repo.repo, target, from: base, to: base, fastForwardCheckout: false };
      expect(await git.land(moved)).toEqual({ kind: "landed" });
      expect(await refusal(git.removeWorktree(rescue))).toMatchObject({ code: "conflict" });
      expect((await git.salvage(rescue)).kind).toBe("saved");
      expect(repo.git("ls-tree", "--name-only", BRANCH).split("\n")).toContain(name);
      expect(repo.gitIn(dir, "status", "--porcelain")).toBe("");
    }
    expect(around.git("ls-files", "--stage")).toBe("");
    expect(around.git("for-each-ref")).toBe("");
    rmSync(link);
    Bun.spawnSync(["git", "init", "-q", dir], { env: sandbox.env });
    writeFileSync(join(dir, "last"), "work");
    expect((await git.salvage(rescue)).kind).toBe("saved");
    expect(repo.git("ls-tree", "--name-only", BRANCH).split("\n")).toContain("last");
    expect(await refusal(git.removeWorktree(rescue))).toMatchObject({ code: "conflict" });
    await git.removeWorktree({ ...rescue, discard: true });
    expect([existsSync(dir), (await git.listWorktrees(rescue)).length]).toEqual([false, 1]);
  });
});

describe("stale locks", () => {
  test("GI35 only an old lock of a named branch or of a worktree of ours goes, and none while git runs or holds it", async () => {
    using sandbox = gitSandbox();
    const { repo, dir } = await withRun(sandbox);
    const git = gitUnderTest(sandbox, () => 1_750_000_000_000);
    const own = sandbox.at(dir).git("rev-parse", "--absolute-git-dir");
    mkdirSync(join(repo.repo, "refs/remotes/origin/sluice"), { recursive: true });
    const locks = [
      join(repo.repo, "packed-refs.lock"),
      join(repo.repo, "refs/heads", `${BRANCH}.lock`),
      join(repo.repo, "refs/remotes/origin", `${BRANCH}.lock`),
      join(own, "index.lock"),
    ];
    const others = [
      join(repo.repo, "refs/heads/main.lock"),
      join(repo.repo, "index.lock"),
      join(repo.repo, "config.lock"),
    ];
    for (const path of [...locks, ...others]) {
      writeFileSync(path, "");
      utimesSync(path, 1_750_000_000, 1_750_000_000);
    }
    const clear = { repo: repo.repo, branches: [BRANCH] };
    expect(await git.clearStaleLocks(clear)).toEqual([]);
    const later = gitUnderTest(sandbox, () => 1_750_000_003_000);
    const busy = Bun.spawn(["git", "cat-file", "--batch"], {
      cwd: dir,
      env: sandbox.env,
      stdin: "pipe",
      stdout: "pipe",
    });
    await busy.stdin.write("HEAD\n");
    await busy.stdin.flush();
    await busy.stdout.getReader().read();
    expect(await later.clearStaleLocks(clear)).toEqual([]);
    await busy.stdin.end();
    await busy.exited;
    const held = openSync(locks[0] ?? "", "r+");
    expect(await later.clearStaleLocks(clear)).toEqual(locks.slice(1));
    closeSync(held);
    expect(await later.clearStaleLocks(clear)).toEqual(locks.slice(0, 1));
    expect(others.every((path) => existsSync(path))).toBe(true);
  });
});
