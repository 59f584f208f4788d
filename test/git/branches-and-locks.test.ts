import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, existsSync, mkdirSync, openSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";
import { BRANCH } from "#test/opened-run.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

describe("branches and locks", () => {
  test("GI25 a branch is deleted only when it is ours, unchanged and landed, as it is or squashed", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n" } });
    repo.git("checkout", "-qb", "sluice/a");
    const head = repo.commit({ files: { "b.txt": "b\n" } });
    repo.git("checkout", "-q", "main");
    const p = { repo: repo.repo, branch: "sluice/a" };
    expect(await refusal(git.deleteBranch({ ...p, landed: base }))).toMatchObject({ code: "conflict" });
    const squash = await git.buildMerge({
      repo: repo.repo,
      tip: base,
      head,
      strategy: "squash",
      message: "x",
    });
    if (squash.kind !== "built") throw new Error(squash.kind);
    expect(await refusal(git.deleteBranch({ ...p, from: base, landed: base }))).toMatchObject({
      code: "conflict",
    });
    expect(await refusal(git.deleteBranch({ ...p, branch: "main", landed: head }))).toMatchObject({
      code: "denied",
    });
    repo.git("worktree", "add", "--quiet", sandbox.path("run"), "sluice/a");
    expect(await refusal(git.deleteBranch({ ...p, landed: squash.commit }))).toMatchObject({
      code: "conflict",
      message: `The branch sluice/a is checked out at ${sandbox.path("run")}`,
    });
    repo.git("worktree", "remove", sandbox.path("run"));
    await git.deleteBranch({ ...p, landed: squash.commit });
    expect(repo.git("branch", "--list", "sluice/*")).toBe("");
    await git.deleteBranch({ ...p, landed: squash.commit });
    repo.git("branch", "sluice/a", head);
    await git.deleteBranch({ ...p, from: head, landed: squash.commit });
    expect(repo.git("branch", "--list", "sluice/*")).toBe("");
  });

  test("a lock of a process that is gone is taken over", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const commit = repo.commit();
    const git = gitUnderTest(sandbox);
    const target = { kind: "local", branch: "main" } as const;
    await git.tip({ repo: repo.repo, target });
    const name = new Bun.CryptoHasher("sha256").update(`${repo.repo}/refs`).digest("hex").slice(0, 32);
    const lock = sandbox.path("state", `${name}.lock`);
    const ended = Bun.spawnSync(["true"]).pid;
    for (const holder of [
      { pid: ended, start: "1", nonce: "x" },
      { pid: process.pid, start: "1", nonce: "x" },
      "torn",
    ]) {
      writeFileSync(lock, JSON.stringify(holder));
      expect(await git.tip({ repo: repo.repo, target })).toBe(commit);
    }
    expect(existsSync(lock)).toBe(false);
  });

  test("only an old lock of a named branch goes, and none while git runs or holds it", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    repo.commit();
    repo.git("worktree", "add", "-q", sandbox.path("linked"));
    const git = gitUnderTest(sandbox, () => 1_750_000_000_000);
    for (const place of ["heads", "remotes/origin"])
      mkdirSync(join(repo.repo, "refs", place, "sluice"), { recursive: true });
    const locks = [
      join(repo.repo, "packed-refs.lock"),
      join(repo.repo, "refs/heads", `${BRANCH}.lock`),
      join(repo.repo, "refs/remotes/origin", `${BRANCH}.lock`),
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
      cwd: sandbox.path("linked"),
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
