import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gitSandbox } from "#test/git-fixture.ts";
import { plantGit } from "#test/planted-git.ts";
import { refusal } from "#test/refusal.ts";
import { gitUnderTest } from "#test/git-under-test.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

describe("worktrees", () => {
  test("GI20 a run's worktree stands on a new branch at its base and leaves the person's checkout as it was", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n" } });
    repo.commit({ files: { "a.txt": "2\n" } });
    writeFileSync(join(repo.dir, "a.txt"), "mine\n");
    const before = [
      repo.git("status", "--porcelain=v2", "--branch"),
      repo.git("config", "--local", "--list"),
    ];
    const dir = sandbox.path("trees", "R31");
    await git.addWorktree({ repo: repo.repo, dir, branch: "sluice/OB-12-R31-x", base });
    expect(await Bun.file(join(dir, "a.txt")).text()).toBe("1\n");
    expect(repo.gitIn(dir, "symbolic-ref", "HEAD")).toBe("refs/heads/sluice/OB-12-R31-x");
    expect([
      repo.git("status", "--porcelain=v2", "--branch"),
      repo.git("config", "--local", "--list"),
    ]).toEqual(before);
    expect((await git.listWorktrees({ repo: repo.repo })).map((tree) => tree.branch)).toEqual([
      "main",
      "sluice/OB-12-R31-x",
    ]);
  });

  test("GI21 a branch or directory that is there already refuses with conflict, and a failure leaves nothing behind", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n", ".gitattributes": "*.txt filter=broken\n" } });
    const dir = sandbox.path("t");
    await git.addWorktree({ repo: repo.repo, dir, branch: "sluice/one", base });
    const again = { repo: repo.repo, branch: "sluice/one", base };
    expect(await refusal(git.addWorktree({ ...again, dir: sandbox.path("t2") }))).toMatchObject({
      code: "conflict",
    });
    expect(await refusal(git.addWorktree({ ...again, dir, branch: "sluice/two" }))).toMatchObject({
      code: "conflict",
    });
    writeFileSync(sandbox.globalConfig, '[filter "broken"]\n\tsmudge = false\n\trequired = true\n');
    const failing = git.addWorktree({ ...again, dir: sandbox.path("t3"), branch: "sluice/three" });
    expect(await refusal(failing)).toMatchObject({ code: "unavailable" });
    expect(existsSync(sandbox.path("t3"))).toBe(false);
    expect(repo.git("branch", "--list", "sluice/three")).toBe("");
    expect(readdirSync(join(repo.repo, "worktrees"))).toEqual(["t"]);
  });

  test("GI22 twelve at once in one repository, bare or not, all get a worktree", async () => {
    for (const bare of [false, true]) {
      using sandbox = gitSandbox();
      const work = sandbox.repo("app");
      const base = work.commit({ files: { "a.txt": "1\n" } });
      const repo = bare ? sandbox.clone(work.dir, "bare.git", "--bare") : work;
      const git = gitUnderTest(sandbox);
      const other = gitUnderTest(sandbox);
      const all = Array.from({ length: 12 }, (_, n) =>
        (n % 2 === 0 ? git : other).addWorktree({
          repo: repo.repo,
          dir: sandbox.path(`w${n}`),
          branch: `sluice/r${n}`,
          base,
        }),
      );
      await Promise.all(all);
      expect((await git.listWorktrees({ repo: repo.repo })).length).toBe(13);
    }
  });

  test("GI23 a lock of a process that is gone is taken over", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const base = repo.commit();
    const git = gitUnderTest(sandbox);
    await git.addWorktree({ repo: repo.repo, dir: sandbox.path("a"), branch: "sluice/a", base });
    const name = new Bun.CryptoHasher("sha256").update(repo.repo).digest("hex").slice(0, 32);
    const lock = sandbox.path("state", `${name}.lock`);
    const ended = Bun.spawnSync(["true"]).pid;
    for (const holder of [
      { pid: ended, start: "1", nonce: "x" },
      { pid: process.pid, start: "1", nonce: "x" },
      "torn",
    ]) {
      writeFileSync(lock, JSON.stringify(holder));
      const n = String(readdirSync(sandbox.root).length);
      await git.addWorktree({ repo: repo.repo, dir: sandbox.path(n), branch: `sluice/${n}`, base });
    }
    expect(readdirSync(sandbox.path("state"))).toEqual([]);
  });

  test("GI24 a worktree with uncommitted work or loose commits is not removed", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n", ".gitignore": "ignored\n" } });
    const dir = sandbox.path("run");
    const place = { repo: repo.repo, dir };
    await git.addWorktree({ ...place, branch: "sluice/a", base });
    writeFileSync(join(dir, "new.txt"), "work");
    expect(await refusal(git.removeWorktree(place))).toMatchObject({ code: "conflict" });
    repo.gitIn(dir, "add", "-A");
    repo.gitIn(dir, "checkout", "-q", "--detach");
    repo.gitIn(dir, "commit", "-qm", "loose");
    expect(await refusal(git.removeWorktree(place))).toMatchObject({ code: "conflict" });
    repo.gitIn(dir, "branch", "-f", "sluice/a", "HEAD");
    writeFileSync(join(dir, "ignored"), "build output");
    repo.gitIn(dir, "checkout", "-q", "sluice/a");
    expect(() => repo.gitIn(dir, "rebase", "--exec", "false", "HEAD~1")).toThrow();
    expect(repo.gitIn(dir, "status", "--porcelain")).toBe("");
    expect(await refusal(git.removeWorktree(place))).toMatchObject({ code: "conflict" });
    repo.gitIn(dir, "rebase", "--abort");
    await git.removeWorktree(place);
    expect(existsSync(dir)).toBe(false);
    expect(repo.git("log", "-1", "--format=%s", "sluice/a")).toBe("loose");
    expect(await refusal(git.removeWorktree({ repo: repo.repo, dir: repo.dir }))).toMatchObject({
      code: "conflict",
    });
  });

  test("GI25 a branch is deleted only when it is ours, unchanged and landed, as it is or squashed", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n" } });
    repo.git("checkout", "-qb", "sluice/a");
    const head = repo.commit({ files: { "b.txt": "b\n" } });
    repo.git("checkout", "-q", "main");
    const p = { repo: repo.repo, branch: "sluice/a", head };
    expect(await refusal(git.deleteBranch({ ...p, landed: base }))).toMatchObject({ code: "conflict" });
    const squash = await git.buildMerge({
      repo: repo.repo,
      tip: base,
      head,
      strategy: "squash",
      message: "x",
    });
    if (squash.kind !== "built") throw new Error(squash.kind);
    expect(await refusal(git.deleteBranch({ ...p, head: base, landed: squash.commit }))).toMatchObject({
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
  });

  test("GI29 a worktree is found by another name of its directory, and let go when that directory is gone", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit();
    mkdirSync(sandbox.path("real"));
    symlinkSync(sandbox.path("real"), sandbox.path("link"));
    const at = { repo: repo.repo, base };
    await git.addWorktree({ ...at, dir: sandbox.path("link", "a"), branch: "sluice/a" });
    await git.removeWorktree({ repo: repo.repo, dir: sandbox.path("link", "a") });
    await git.addWorktree({ ...at, dir: sandbox.path("link", "b"), branch: "sluice/b" });
    rmSync(sandbox.path("real", "b"), { recursive: true });
    expect((await git.listWorktrees({ repo: repo.repo })).map(({ missing }) => missing)).toEqual([
      false,
      true,
    ]);
    await git.removeWorktree({ repo: repo.repo, dir: sandbox.path("link", "b") });
    expect((await git.listWorktrees({ repo: repo.repo })).length).toBe(1);
  });

  test("GI56 a removal that was cut short is taken up again, and what it removed is nobody's deletion", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n", "b.txt": "2\n" } });
    const place = { repo: repo.repo, dir: sandbox.path("run") };
    const whole = gitUnderTest(sandbox);
    await whole.addWorktree({ ...place, branch: "sluice/a", base });
    const cut = `case "$*" in *"worktree remove"*) rm '${join(place.dir, "a.txt")}'; kill -9 $$;; esac`;
    const git = gitUnderTest({ ...sandbox, env: plantGit(sandbox.env, sandbox.path("bin"), cut) });
    expect(await refusal(git.removeWorktree(place))).toMatchObject({ code: "unavailable" });
    expect(existsSync(join(place.dir, "a.txt"))).toBe(false);
    expect(await whole.salvage({ ...place, branch: "sluice/a", message: "Kept" })).toEqual({
      kind: "nothing",
    });
    expect(repo.head("sluice/a")).toBe(base);
    await whole.removeWorktree(place);
    expect(existsSync(place.dir)).toBe(false);
    expect(repo.git("worktree", "list").split("\n")).toHaveLength(1);
  });

  test("GI52 after this program was killed while a worktree was made, it is removed and made again", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n", ".gitattributes": "a.txt filter=slow\n" } });
    const started = sandbox.path("started");
    const slow = sandbox.canary(
      "slow",
      `echo $PPID > '${started}.part'; mv '${started}.part' '${started}'; exec sleep 1000`,
    );
    writeFileSync(sandbox.globalConfig, `[filter "slow"]\n\tsmudge = ${slow.program}\n`);
    const p = { repo: repo.repo, dir: sandbox.path("run"), branch: "sluice/run", base };
    const script = `const { createGit } = await import(${JSON.stringify(join(import.meta.dir, "../../src/git/create-git.ts"))});
      const git = createGit({ env: process.env, stateDir: ${JSON.stringify(sandbox.path("state"))}, now: Date.now, nonce: () => "child" });
      await git.addWorktree(${JSON.stringify(p)});`;
    const child = Bun.spawn([process.execPath, "-e", script], { env: sandbox.env, cwd: sandbox.root });
    while (!existsSync(started)) await Bun.sleep(5);
    child.kill("SIGKILL");
    await child.exited;
    const filter = Number(readFileSync(started, "utf8"));
    const group = Number(Bun.spawnSync(["ps", "-o", "pgid=", "-p", String(filter)]).stdout.toString());
    process.kill(-group, "SIGKILL");
    writeFileSync(sandbox.globalConfig, "");
    const git = gitUnderTest(sandbox);
    expect(await refusal(git.addWorktree(p))).toMatchObject({ code: "conflict" });
    await git.removeWorktree({ repo: p.repo, dir: p.dir, discard: true });
    await git.deleteBranch({ repo: p.repo, branch: p.branch, head: base, landed: base });
    await git.addWorktree(p);
    expect(readFileSync(join(p.dir, "a.txt"), "utf8")).toBe("1\n");
  });
});
