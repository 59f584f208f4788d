import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareGuards } from "#domain/git-ref/guard-change.ts";
import { type FixtureRepo, gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

const RUN = "sluice/OB-1-R1";
const ALLOWED = { branches: [RUN], worktrees: ["run"] };

describe("the guard around a run", () => {
  test("GI36 commits on the run's branch in the run's worktree, detached or not, are no tampering", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit();
    const before = await git.guard({ repo: repo.repo });
    const dir = sandbox.path("run");
    await git.addWorktree({ repo: repo.repo, dir, branch: RUN, base });
    repo.gitIn(dir, "commit", "-q", "--allow-empty", "-m", "x");
    repo.gitIn(dir, "checkout", "-q", "--detach");
    expect(compareGuards(before, await git.guard({ repo: repo.repo }), ALLOWED)).toEqual([]);
  });

  test("GI37 each other change of refs, stash, configuration, hooks, attributes or HEADs is named", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n" } });
    const dir = sandbox.path("run");
    await git.addWorktree({ repo: repo.repo, dir, branch: RUN, base });
    const cases: Readonly<Record<string, (repo: FixtureRepo, dir: string) => void>> = {
      "ref refs/heads/main?": (repo) => repo.commit(),
      "ref refs/heads/other?": (repo) => repo.git("branch", "other"),
      "ref refs/tags/v1?": (repo, dir) => repo.gitIn(dir, "tag", "v1"),
      "ref refs/replace/x": (repo) => repo.git("update-ref", "refs/replace/x", "HEAD"),
      "ref refs/stash?": (repo, dir) => {
        for (const text of ["2\n", "3\n"]) {
          writeFileSync(join(dir, "a.txt"), text);
          repo.gitIn(dir, "stash");
        }
      },
      "file logs/refs/stash?": (repo) => repo.git("stash", "drop", "-q", "stash@{1}"),
      "ref refs/heads/sluice/other": (repo) => repo.git("branch", "sluice/other"),
      "file config": (repo, dir) => repo.gitIn(dir, "config", "user.name", "Mallory"),
      "file config branch.*?": (repo) => repo.git("config", "branch.main.merge", "refs/heads/main"),
      "file hooks/pre-push": (repo) => writeFileSync(join(repo.repo, "hooks/pre-push"), "#!/bin/sh\n"),
      "file hooks/update.sample": (repo) => chmodSync(join(repo.repo, "hooks/update.sample"), 0o700),
      "file hooks/d/x": (repo) => {
        mkdirSync(join(repo.repo, "hooks/d"));
        symlinkSync("/bin/true", join(repo.repo, "hooks/d/x"));
      },
      "file modules/libs/x/config": (repo) => {
        mkdirSync(join(repo.repo, "modules/libs/x"), { recursive: true });
        writeFileSync(join(repo.repo, "modules/libs/x/config"), "[core]\n");
      },
      "file info/attributes": (repo) => writeFileSync(join(repo.repo, "info/attributes"), "* filter=x\n"),
      "file objects/info/alternates": (repo) =>
        writeFileSync(join(repo.repo, "objects/info/alternates"), "/x\n"),
      "file worktrees/run/config.worktree": (repo) =>
        writeFileSync(join(repo.repo, "worktrees/run/config.worktree"), "[core]\n"),
      "head sly?": (repo) => repo.git("worktree", "add", "-q", "--detach", join(repo.dir, "../sly")),
      "head ?": (repo) => repo.git("symbolic-ref", "HEAD", "refs/heads/elsewhere"),
    };
    let before = await git.guard({ repo: repo.repo });
    for (const [name, tamper] of Object.entries(cases)) {
      tamper(repo, dir);
      const after = await git.guard({ repo: repo.repo });
      const found = compareGuards(before, after, ALLOWED).map(
        ({ ordinary, ...of }) => `${of.kind} ${of.name}${ordinary ? "?" : ""}`,
      );
      // A question mark: what a person at work there changes too. A new worktree comes with files of its own, a stash with a log.
      const along = /^file (?:worktrees\/sly\/(?:gitdir|commondir)|logs\/refs\/stash)\?$/;
      expect(found.filter((one) => one === name || !along.test(one))).toEqual([name]);
      before = after;
    }
  });

  test("GI27 what a fetch moves is no tampering", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const hub = sandbox.repo("hub");
    hub.commit();
    const repo = sandbox.clone(hub.dir, "app");
    const before = await git.guard({ repo: repo.repo });
    hub.commit();
    repo.git("fetch", "-q");
    expect(compareGuards(before, await git.guard({ repo: repo.repo }), ALLOWED)).toEqual([]);
  });
});
