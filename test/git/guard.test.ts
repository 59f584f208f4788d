import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareGuards } from "#domain/git-ref/guard.ts";
import { type FixtureRepo, gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";

const RUN = "sluice/OB-1-R1";
const ALLOWED = { branches: [RUN], worktrees: ["run"] };

describe("the guard around a run", () => {
  const watched = async (tamper: (repo: FixtureRepo, dir: string) => void) => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { "a.txt": "1\n" } });
    const before = await git.guard({ repo: repo.repo });
    await git.addWorktree({ repo: repo.repo, dir: sandbox.path("run"), branch: RUN, base });
    tamper(repo, sandbox.path("run"));
    const found = compareGuards(before, await git.guard({ repo: repo.repo }), ALLOWED);
    return found.map(({ kind, name, ordinary }) => `${kind} ${name}${ordinary ? "?" : ""}`);
  };

  test("GI36 commits on the run's branch in the run's worktree, detached or not, are no tampering", async () => {
    const none = await watched((repo, dir) => {
      repo.gitIn(dir, "commit", "-q", "--allow-empty", "-m", "x");
      repo.gitIn(dir, "checkout", "-q", "--detach");
    });
    expect(none).toEqual([]);
  });

  test("GI37 each other change of refs, stash, configuration, hooks, attributes or HEADs is named", async () => {
    const cases: Readonly<Record<string, (repo: FixtureRepo, dir: string) => void>> = {
      "ref refs/heads/main?": (repo) => repo.commit(),
      "ref refs/heads/other?": (repo) => repo.git("branch", "other"),
      "ref refs/tags/v1?": (repo, dir) => repo.gitIn(dir, "tag", "v1"),
      "ref refs/replace/x": (repo) => repo.git("update-ref", "refs/replace/x", "HEAD"),
      "ref refs/stash?": (repo, dir) => {
        writeFileSync(join(dir, "a.txt"), "2\n");
        repo.gitIn(dir, "stash");
      },
      "ref refs/heads/sluice/other": (repo) => repo.git("branch", "sluice/other"),
      "file config": (repo, dir) => repo.gitIn(dir, "config", "user.name", "Mallory"),
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
      "head ?": (repo) => repo.git("symbolic-ref", "HEAD", "refs/heads/elsewhere"),
      "head sly?": (repo) => repo.git("worktree", "add", "-q", "--detach", join(repo.dir, "../sly")),
    };
    // A question mark: what a person at work there changes too.
    for (const [name, tamper] of Object.entries(cases)) expect(await watched(tamper)).toContain(name);
    for (const name of ["ref refs/heads/other?", "file config", "head ?"]) {
      const tamper = cases[name];
      if (tamper !== undefined) expect(await watched(tamper)).toEqual([name]);
    }
  });

  test("GI27 an allowed branch may move here and on a remote, and no other", () => {
    const refs = {
      "refs/heads/main": "1",
      "refs/remotes/origin/main": "1",
      "refs/heads/x": "1",
      "refs/remotes/origin/HEAD": "1",
    };
    const none = { refs: {}, files: {}, heads: {} };
    const found = compareGuards({ ...none, refs }, none, { branches: ["main", "HEAD"], worktrees: [] });
    expect(found).toEqual([{ kind: "ref", name: "refs/heads/x", ordinary: true, before: "1" }]);
  });
});
