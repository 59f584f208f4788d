import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseSha } from "#domain/git-ref/sha.ts";
import { type FixtureRepo, gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";
import { ADA, BRANCH, openAt, openRun, PEOPLE } from "#test/opened-run.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

/** What the person has: checkout, index, configuration and every ref but Sluice's own. */
const personal = (repo: FixtureRepo): readonly string[] => [
  repo.git("status", "--porcelain=v2", "--branch"),
  repo.git("config", "--local", "--list"),
  repo.git("for-each-ref", "refs/tags", "refs/remotes", "refs/stash", "refs/replace", "refs/heads/main"),
  readdirSync(join(repo.repo, "hooks")).join(),
];

describe("a run's repository", () => {
  test("GI20 stands on a new branch at its base, and leaves what is the person's as it was", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n" } });
    repo.commit({ files: { "a.txt": "2\n" } });
    writeFileSync(join(repo.dir, "a.txt"), "mine\n");
    const before = personal(repo);
    const { at, run } = await openAt(sandbox, { git: gitUnderTest(sandbox), repo, base });
    expect(readFileSync(join(at.dir, "a.txt"), "utf8")).toBe("1\n");
    expect(run.git("symbolic-ref", "HEAD")).toBe(`refs/heads/${BRANCH}`);
    expect(run.git("status", "--porcelain")).toBe("");
    expect(run.git("log", "--format=%H", "main").split("\n")).toEqual([repo.head(), base]);
    expect(personal(repo)).toEqual(before);
    expect(repo.git("branch", "--list", "sluice/*")).toBe("");
  });

  test("GI24 what a run does to refs, stash, tags, settings and hooks dies with it; its commits come home", async () => {
    using sandbox = gitSandbox();
    const { repo, run, at, save } = await openRun(sandbox);
    repo.git("tag", "v1");
    const before = personal(repo);
    run.commit({ files: { "c.txt": "c\n" } });
    writeFileSync(join(at.dir, "a.txt"), "2\n");
    run.git("stash");
    run.git("tag", "mine");
    run.git("branch", "--force", "main", "HEAD");
    run.git("config", "core.pager", "evil");
    run.git("update-ref", "refs/replace/x", "HEAD");
    mkdirSync(join(at.dir, ".git", "hooks"));
    writeFileSync(join(at.dir, ".git", "hooks", "post-commit"), "#!/bin/sh\n", { mode: 0o755 });
    const head = run.head();
    expect(await save()).toEqual({ head, embedded: [] });
    expect(personal(repo)).toEqual(before);
    expect([repo.head(BRANCH), existsSync(at.dir)]).toEqual([head, false]);
    expect(repo.git("for-each-ref", "refs/sluice")).toBe("");
    expect(readdirSync(sandbox.path("runs"))).toEqual([]);
  });

  test("GI98 nothing is pushed from a run's folder, and a password of the remote's address is not in it", async () => {
    using sandbox = gitSandbox();
    const hub = sandbox.repo("hub", { bare: true });
    const repo = sandbox.repo("app");
    repo.git("remote", "add", "origin", "../hub");
    const { run, base } = await openRun(sandbox, repo);
    repo.git("push", "-q", "origin", "main");
    run.commit({ files: { "c.txt": "c\n" } });
    expect(() => run.git("push", "origin", "HEAD:main")).toThrow("sluice-refuses-pushes");
    expect(hub.head("main")).toBe(base);
    run.git("fetch", "-q", "origin");
    expect(run.head("origin/main")).toBe(base);
    expect(run.git("remote", "get-url", "origin")).toBe(hub.dir);
    const secret = sandbox.repo("secret");
    secret.git("remote", "add", "origin", "https://ada:hunter2@example.test/x.git");
    const other = { repo: secret.repo, dir: sandbox.path("runs", "R-2") };
    await gitUnderTest(sandbox).openRun({ ...other, branch: "sluice/x", commit: secret.commit() });
    expect(sandbox.at(other.dir).git("remote", "get-url", "origin")).toBe("https://example.test/x.git");
  });

  test("GI99 a run's base stays whatever the person throws away meanwhile", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const first = repo.commit({ files: { "a.txt": "1\n" } });
    const { run, save, base } = await openRun(sandbox, repo, { "big.txt": "only here\n" });
    run.commit({ files: { "c.txt": "c\n" } });
    repo.git("reset", "--quiet", "--hard", first);
    repo.git("reflog", "expire", "--expire=now", "--all");
    repo.git("gc", "--quiet", "--prune=now");
    const { head } = await save();
    expect(repo.git("log", "--format=%H", head).split("\n")).toEqual([head, base, first]);
    repo.git("fsck", "--strict", "--no-dangling");
  });

  test("a folder that is there refuses with conflict, and a failure leaves nothing behind", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const { git, at, base } = await openRun(sandbox, repo, {
      ".gitattributes": "*.txt filter=broken\n",
      "a.txt": "1\n",
    });
    const again = { repo: repo.repo, branch: "sluice/two", commit: base, people: PEOPLE };
    expect(await refusal(git.openRun({ ...again, dir: at.dir }))).toMatchObject({ code: "conflict" });
    writeFileSync(sandbox.globalConfig, '[filter "broken"]\n\tsmudge = false\n\trequired = true\n');
    const dir = sandbox.path("runs", "R-3");
    expect(await refusal(git.openRun({ ...again, dir }))).toMatchObject({ code: "unavailable" });
    const gone = { ...again, dir, commit: parseSha("1".repeat(40)) };
    expect(await refusal(git.openRun(gone))).toMatchObject({ code: "unavailable" });
    expect(readdirSync(sandbox.path("runs")).filter((name) => name.startsWith("R-3"))).toEqual([]);
    expect(repo.git("for-each-ref", "--format=%(refname)", "refs/sluice")).toBe("refs/sluice/base/R-1");
  });

  test("twelve at once of one repository all get a folder", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const commit = repo.commit({ files: { "a.txt": "1\n" } });
    const [git, other] = [gitUnderTest(sandbox), gitUnderTest(sandbox)];
    const dirs = Array.from({ length: 12 }, (_, n) => sandbox.path("runs", `R-${n}`));
    await Promise.all(
      dirs.map((dir, n) =>
        (n % 2 === 0 ? git : other).openRun({ repo: repo.repo, dir, branch: `sluice/r${n}`, commit }),
      ),
    );
    for (const dir of dirs) expect(sandbox.at(dir).git("status", "--porcelain")).toBe("");
  });

  test("a change in the very tick of the check-out, of the same size, is seen by the run and by us", async () => {
    using sandbox = gitSandbox();
    const { git, repo, base } = await openRun(sandbox);
    for (let n = 2; n < 22; n += 1) {
      const at = { repo: repo.repo, dir: sandbox.path("runs", `R-${n}`) };
      await git.openRun({ ...at, branch: `sluice/r${n}`, commit: base, people: PEOPLE });
      writeFileSync(join(at.dir, "a.txt"), "2\n");
      const { head } = await git.saveRun({ ...at, branch: `sluice/r${n}`, base, message: "x" });
      expect(repo.git("show", `${head}:a.txt`)).toBe("2");
    }
  });

  test("GI104 of a bare, a shallow, a SHA-256 or a linked repository it works the same", async () => {
    using sandbox = gitSandbox();
    const source = sandbox.repo("source");
    source.commit({ files: { "a.txt": "0\n" } });
    source.commit({ files: { "a.txt": "1\n" } });
    const bare = sandbox.clone(source.dir, "bare.git", "--bare");
    const shallow = sandbox.clone(`file://${source.dir}`, "shallow", "--depth=1");
    source.git("worktree", "add", "-q", "-b", "linked", sandbox.path("linked"));
    const linked = sandbox.at(sandbox.path("linked"));
    Bun.spawnSync(["git", "init", "-q", "--object-format=sha256", "-b", "main", sandbox.path("sha256")], {
      env: sandbox.env,
    });
    const sha256 = sandbox.at(sandbox.path("sha256"));
    for (const [key, value] of [
      ["user.name", ADA.name],
      ["user.email", ADA.email],
    ] as const)
      sha256.git("config", key, value);
    sha256.commit({ files: { "a.txt": "1\n" } });
    const git = gitUnderTest(sandbox);
    for (const [n, repo] of [bare, shallow, linked, sha256].entries()) {
      const base = repo.head();
      const at = { repo: repo.repo, dir: sandbox.path("runs", `R-${n}`) };
      const branch = `sluice/r${n}`;
      await git.openRun({ ...at, branch, commit: base, people: PEOPLE });
      const run = sandbox.at(at.dir);
      expect(run.git("log", "--format=%s", "-1")).toBe("Change");
      const head = run.commit({ files: { "c.txt": "c\n" } });
      expect((await git.saveRun({ ...at, branch, base, message: "x" })).head).toBe(head);
      expect(repo.git("rev-list", "--count", `${base}..${branch}`)).toBe("1");
    }
  });

  test("GI104 of a partial clone it fetches what is missing, and brings its commit home", async () => {
    using sandbox = gitSandbox();
    const source = sandbox.repo("source");
    source.commit({ files: { "a.txt": "1\n" } });
    source.git("config", "uploadpack.allowFilter", "true");
    source.git("config", "uploadpack.allowAnySHA1InWant", "true");
    const repo = sandbox.clone(`file://${source.dir}`, "partial", "--filter=blob:none", "--no-checkout");
    const { run, save, at } = await openAt(sandbox, { git: gitUnderTest(sandbox), repo, base: repo.head() });
    expect(readFileSync(join(at.dir, "a.txt"), "utf8")).toBe("1\n");
    const head = run.commit({ files: { "c.txt": "c\n" } });
    expect((await save()).head).toBe(head);
  });

  test("GI109 contents that git-lfs keeps beside git come home too, if they are what their name says", async () => {
    using sandbox = gitSandbox();
    const { repo, run, at, save } = await openRun(sandbox);
    const put = (text: string, oid: string) => {
      const dir = join(at.dir, ".git", "lfs", "objects", oid.slice(0, 2), oid.slice(2, 4));
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, oid), text);
      return join(repo.repo, "lfs", "objects", oid.slice(0, 2), oid.slice(2, 4), oid);
    };
    const good = put("large", createHash("sha256").update("large").digest("hex"));
    const bad = put("other", "0".repeat(64));
    run.commit({ files: { "c.txt": "pointer\n" } });
    await save();
    expect([readFileSync(good, "utf8"), existsSync(bad)]).toEqual(["large", false]);
  });
});
