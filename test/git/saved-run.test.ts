import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gitSandbox } from "#test/git-fixture.ts";
import { BRANCH, openRun } from "#test/opened-run.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

describe("what a run left", () => {
  test("GI30 staged, unstaged, new and deleted files go onto the branch, ignored ones do not", async () => {
    using sandbox = gitSandbox();
    const { repo, base, at, run, save } = await openRun(sandbox);
    writeFileSync(join(at.dir, "a.txt"), "staged\n");
    run.git("add", "a.txt");
    writeFileSync(join(at.dir, "a.txt"), "worked on\n");
    writeFileSync(join(at.dir, "-new file"), "new\n");
    writeFileSync(join(at.dir, "ignored"), "x");
    rmSync(join(at.dir, "b.txt"));
    const { head } = await save();
    expect(repo.head(BRANCH)).toBe(head);
    expect(repo.git("log", "--format=%P %an %s", "-1", BRANCH)).toBe(`${base} Ada Human OB-1: work of a run`);
    expect(repo.git("ls-tree", "-r", "--name-only", BRANCH)).toBe("-new file\n.gitignore\na.txt");
    expect(repo.git("show", `${BRANCH}:a.txt`)).toBe("worked on");
    expect((await save()).head).toBe(head);
  });

  test("GI30 where it left nothing there is no branch", async () => {
    using sandbox = gitSandbox();
    const { repo, base, save } = await openRun(sandbox);
    expect(await save()).toEqual({ head: base, embedded: [] });
    expect(repo.git("branch", "--list", "sluice/*")).toBe("");
  });

  test("what was put into its folder is not its work, even where the repository's ignore file asks for it", async () => {
    using sandbox = gitSandbox();
    const { git, repo, at, run, save } = await openRun(sandbox, sandbox.repo("app"), {
      ".gitignore": "!.env\n",
    });
    writeFileSync(join(at.dir, ".env"), "KEY=1\n");
    symlinkSync("/tmp", join(at.dir, "cache[1]"));
    await git.leaveOut(at, [".env", "cache[1]"]);
    writeFileSync(join(at.dir, "cache1"), "the run's\n");
    expect(run.git("status", "--porcelain", "--untracked-files=all").split("\n")).toContain("?? cache1");
    await save();
    expect(repo.git("ls-tree", "--name-only", BRANCH)).toBe(".gitignore\ncache1");
  });

  test("GI31 a half rebase with an autostash is ended: its detached commits, the stash and the files are all kept", async () => {
    using sandbox = gitSandbox();
    const { repo, at, run, save, base } = await openRun(sandbox);
    run.commit({ message: "first", files: { "c.txt": "c\n" } });
    run.commit({ message: "second", files: { "a.txt": "mine\n" } });
    const before = run.head();
    run.git("checkout", "-q", "-b", "theirs", base);
    run.commit({ files: { "a.txt": "theirs\n" } });
    run.git("checkout", "-q", BRANCH);
    writeFileSync(join(at.dir, "b.txt"), "not committed\n");
    expect(() => run.git("rebase", "--autostash", "theirs")).toThrow();
    const detached = run.head();
    await save();
    const [parent, ...further] = repo.git("log", "-1", "--format=%P", BRANCH).split(" ");
    expect([parent, further[0]]).toEqual([before, detached]);
    expect(repo.git("show", `${further[1] ?? ""}:b.txt`)).toBe("not committed");
    expect(repo.git("show", `${BRANCH}:a.txt`)).toContain("<<<<<<<");
    expect(repo.git("for-each-ref", "refs/stash")).toBe("");
  });

  test("a branch of the run's own making goes on where its branch ended; stale locks stand in nobody's way", async () => {
    using sandbox = gitSandbox();
    const { repo, at, run, save } = await openRun(sandbox);
    run.commit({ files: { "c.txt": "c\n" } });
    run.git("checkout", "-q", "-b", "feature");
    const head = run.commit({ files: { "d.txt": "d\n" } });
    run.git("pack-refs", "--all");
    for (const lock of ["index.lock", "HEAD.lock", "packed-refs.lock"])
      writeFileSync(join(at.dir, ".git", lock), "");
    expect((await save()).head).toBe(head);
    expect(repo.head(BRANCH)).toBe(head);
  });

  test("GI33 a repository inside is named, since a commit cannot hold it, and the folder stays", async () => {
    using sandbox = gitSandbox();
    const { repo, at, save } = await openRun(sandbox);
    for (const name of ["none", "inner"])
      Bun.spawnSync(["git", "init", "-q", join(at.dir, name)], { env: sandbox.env });
    sandbox
      .at(join(at.dir, "inner"))
      .git("-c", "user.name=x", "-c", "user.email=y", "commit", "-q", "--allow-empty", "-m", "x");
    writeFileSync(join(at.dir, "kept.txt"), "x");
    expect(await save()).toMatchObject({ embedded: ["inner"] });
    expect(repo.git("ls-tree", "--name-only", BRANCH)).toContain("kept.txt");
    expect(existsSync(at.dir)).toBe(true);
  });

  test("only a branch of ours is written to, and one with other commits stays as it is", async () => {
    using sandbox = gitSandbox();
    const { git, repo, at, base, run, save } = await openRun(sandbox);
    const main = git.saveRun({ ...at, branch: "main", base, message: "x" });
    expect(await refusal(main)).toMatchObject({ code: "denied" });
    run.commit({ files: { "c.txt": "c\n" } });
    repo.git("checkout", "-q", "-b", BRANCH);
    const theirs = repo.commit({ files: { "d.txt": "d\n" } });
    expect((await save()).head).toBe(theirs);
    expect(repo.head(BRANCH)).toBe(theirs);
  });

  test.each([
    ["gone", (dir: string) => rmSync(join(dir, ".git"), { recursive: true })],
    [
      "a file that leads elsewhere",
      (dir: string, root: string) => {
        rmSync(join(dir, ".git"), { recursive: true });
        writeFileSync(join(dir, ".git"), `gitdir: ${join(root, ".git")}\n`);
      },
    ],
    [
      "a link",
      (dir: string, root: string) => {
        renameSync(join(dir, ".git"), join(root, "moved"));
        symlinkSync(join(root, "moved"), join(dir, ".git"));
      },
    ],
    [
      "empty",
      (dir: string) => {
        rmSync(join(dir, ".git"), { recursive: true });
        mkdirSync(join(dir, ".git", "objects"), { recursive: true });
      },
    ],
  ] as const)(
    "GI54 where its .git is %s, its files are saved, and no repository around it is touched",
    async (_what, act) => {
      using sandbox = gitSandbox();
      Bun.spawnSync(["git", "init", "-q", sandbox.root], { env: sandbox.env });
      const { repo, at, save } = await openRun(sandbox);
      writeFileSync(join(at.dir, "work.txt"), "work");
      act(at.dir, sandbox.root);
      await save();
      expect(repo.git("ls-tree", "--name-only", BRANCH)).toContain("work.txt");
      const around = sandbox.at(sandbox.root);
      expect([around.git("ls-files", "--stage"), around.git("for-each-ref")]).toEqual(["", ""]);
    },
  );

  test("a run that removed its folder leaves nothing behind", async () => {
    using sandbox = gitSandbox();
    const { repo, at, base, save } = await openRun(sandbox);
    rmSync(at.dir, { recursive: true });
    expect(await save()).toEqual({ head: base, embedded: [] });
    expect([readdirSync(sandbox.path("runs")), repo.git("for-each-ref", "refs/sluice")]).toEqual([[], ""]);
  });

  test("GI56 a removal that was cut short is taken up again, and what it removed is nobody's deletion", async () => {
    using sandbox = gitSandbox();
    const { git, repo, at, base, save } = await openRun(sandbox);
    renameSync(at.dir, `${at.dir}.removing`);
    rmSync(join(`${at.dir}.removing`, "a.txt"));
    expect((await save()).head).toBe(base);
    expect(repo.git("branch", "--list", "sluice/*")).toBe("");
    await git.closeRun(at);
    expect(readdirSync(sandbox.path("runs"))).toEqual([]);
  });

  test("GI56 folders in which nobody may write are removed all the same", async () => {
    using sandbox = gitSandbox();
    const { git, at } = await openRun(sandbox);
    const dir = join(at.dir, "modules", "cache");
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "file"), "x");
    chmodSync(dir, 0o500);
    chmodSync(join(at.dir, "modules"), 0o500);
    await git.closeRun(at);
    expect(readdirSync(sandbox.path("runs"))).toEqual([]);
  });
});
