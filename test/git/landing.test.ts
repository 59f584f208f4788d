import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import { type FixtureRepo, type GitSandbox, gitSandbox } from "#test/git-fixture.ts";
import { refusal } from "#test/refusal.ts";
import { gitUnderTest } from "#test/git-under-test.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

const MAIN = { kind: "local", branch: "main" } as const;

/** A repository whose `sluice/a` adds `b.txt` to `main`. */
function withChange(sandbox: GitSandbox): { repo: FixtureRepo; tip: Sha; head: Sha } {
  const repo = sandbox.repo("app");
  const tip = repo.commit({ files: { "a.txt": "1\n2\n3\n" } });
  repo.git("checkout", "-qb", "sluice/a");
  const head = repo.commit({ message: "OB-1: add b", files: { "b.txt": "b\n" } });
  repo.git("checkout", "-q", "main");
  return { repo, tip, head };
}

describe("building the merge", () => {
  test("GI40 squash has one parent, merge two; both are the human's and touch no branch, index or file", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const { repo, tip, head } = withChange(sandbox);
    const before = [repo.git("for-each-ref"), repo.git("status", "--porcelain")];
    for (const [strategy, parents] of [
      ["squash", tip],
      ["merge", `${tip} ${head}`],
    ] as const) {
      const built = await git.buildMerge({ repo: repo.repo, tip, head, strategy, message: "OB-1: land" });
      if (built.kind !== "built") throw new Error(built.kind);
      const facts = repo.git("show", "-s", "--format=%P|%an <%ae>|%cn|%s", built.commit);
      expect(facts).toBe(`${parents}|Ada Human <ada@example.org>|Ada Human|OB-1: land`);
      expect(repo.git("ls-tree", "--name-only", built.tree)).toBe("a.txt\nb.txt");
    }
    expect([repo.git("for-each-ref"), repo.git("status", "--porcelain")]).toEqual(before);
  });

  test("a conflict names its paths, a change that is there already is empty, no common ancestor is a conflict", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const { repo, tip, head } = withChange(sandbox);
    const name = "b.txt";
    const other = repo.commit({ files: { [name]: "other\n", "c d\n.txt": "x\n" } });
    const merge = { repo: repo.repo, strategy: "squash", message: "x" } as const;
    expect(await git.buildMerge({ ...merge, tip: other, head })).toEqual({ kind: "conflict", paths: [name] });
    expect(await git.buildMerge({ ...merge, tip: head, head: tip })).toEqual({ kind: "empty" });
    repo.git("checkout", "-q", "--orphan", "lone");
    const lone = repo.commit();
    expect(await refusal(git.buildMerge({ ...merge, tip, head: lone }))).toMatchObject({ code: "conflict" });
  });

  test("the target's .gitattributes say how to merge, in a bare repository too", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const work = sandbox.repo("app");
    const files = { "docs/.gitattributes": "LOG merge=union\n", "docs/LOG": "base\n", LOG: "base\n" };
    work.commit({ files });
    work.git("checkout", "-qb", "sluice/a");
    const head = work.commit({ files: { "docs/LOG": "base\nwork\n" } });
    const both = work.commit({ files: { LOG: "base\nwork\n" } });
    work.git("checkout", "-q", "main");
    const tip = work.commit({ files: { "docs/LOG": "base\nmain\n", LOG: "base\nmain\n" } });
    for (const repo of [work, sandbox.clone(work.dir, "bare.git", "--bare")]) {
      const merge = { repo: repo.repo, tip, strategy: "squash", message: "x" } as const;
      const built = await git.buildMerge({ ...merge, head });
      if (built.kind !== "built") throw new Error(built.kind);
      expect(repo.git("show", `${built.commit}:docs/LOG`)).toBe("base\nmain\nwork");
      expect(await git.buildMerge({ ...merge, head: both })).toEqual({ kind: "conflict", paths: ["LOG"] });
    }
  });

  test("GI42 without user.name the merge refuses with the command that sets it", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const { repo, tip, head } = withChange(sandbox);
    repo.git("config", "--unset", "user.name");
    const merge = git.buildMerge({ repo: repo.repo, tip, head, strategy: "squash", message: "x" });
    const { code, hint } = await refusal(merge);
    expect([code, hint?.includes("git config --global user.name")]).toEqual(["invalid", true]);
  });
});

describe("landing on a local branch", () => {
  const built = async (sandbox: GitSandbox) => {
    const git = gitUnderTest(sandbox);
    const change = withChange(sandbox);
    const { repo, tip, head } = change;
    const merge = await git.buildMerge({
      repo: repo.repo,
      tip,
      head,
      strategy: "squash",
      message: "OB-1: land",
    });
    if (merge.kind !== "built") throw new Error(merge.kind);
    const landing = {
      repo: repo.repo,
      target: MAIN,
      from: tip,
      to: merge.commit,
      checkout: "stays" as const,
    };
    return { git, ...change, to: merge.commit, landing };
  };

  test("GI43 a target that nobody stands on moves from T to M; a tip that moved answers the new one", async () => {
    using sandbox = gitSandbox();
    const { git, repo, landing, to, head } = await built(sandbox);
    repo.git("checkout", "-q", "--detach");
    expect(await git.land(landing)).toEqual({ kind: "landed" });
    expect(repo.head("main")).toBe(to);
    expect(await git.land(landing)).toEqual({ kind: "landed" });
    expect(await git.landedAlready({ repo: repo.repo, target: MAIN, commit: to })).toBe(true);
    repo.git("branch", "-f", "main", head);
    expect(await git.land(landing)).toEqual({ kind: "moved", tip: head });
    expect(await git.landedAlready({ repo: repo.repo, target: MAIN, commit: to })).toBe(false);
    expect(await refusal(git.land({ ...landing, from: head }))).toMatchObject({ code: "invalid" });
  });

  test("GI43 a person who commits between our look and our move wins", async () => {
    using sandbox = gitSandbox();
    const { repo, landing, head } = await built(sandbox);
    repo.git("checkout", "-q", "--detach");
    const real = Bun.which("git") ?? "git";
    const commit = `case "$*" in *"sluice: land"*) ${real} update-ref refs/heads/main ${head};; esac; exec ${real} "$@"`;
    mkdirSync(sandbox.path("bin"));
    writeFileSync(sandbox.path("bin", "git"), `#!/bin/sh\n${commit}\n`, { mode: 0o755 });
    const PATH = `${sandbox.path("bin")}:${sandbox.env["PATH"] ?? ""}`;
    const git = gitUnderTest({ ...sandbox, env: { ...sandbox.env, PATH } });
    expect(await git.land(landing)).toEqual({ kind: "moved", tip: head });
    expect(repo.head("main")).toBe(head);
  });

  test("a checked-out target is not moved where the person said no", async () => {
    using sandbox = gitSandbox();
    const { git, repo, landing, tip } = await built(sandbox);
    const answer = await git.land(landing);
    expect(answer).toEqual({ kind: "checked_out", worktree: repo.dir, state: "kept", paths: [] });
    expect(repo.head("main")).toBe(tip);
  });

  test("GI45 a checkout moves along, hooks off, unless a changed, untracked or ignored file is in the way", async () => {
    using sandbox = gitSandbox();
    const { git, repo, landing, to, tip } = await built(sandbox);
    const hook = sandbox.canary("post-merge");
    writeFileSync(join(repo.repo, "hooks", "post-merge"), readFileSync(hook.program));
    chmodSync(join(repo.repo, "hooks", "post-merge"), 0o755);
    const allowed = { ...landing, checkout: "moves" as const };
    const inTheWay = { kind: "checked_out", state: "changed", paths: ["b.txt"] };
    writeFileSync(join(repo.dir, "b.txt"), "in the way\n");
    expect(await git.land(allowed)).toMatchObject(inTheWay);
    repo.git("add", "b.txt");
    expect(await git.land(allowed)).toMatchObject(inTheWay);
    repo.git("reset", "-q");
    writeFileSync(join(repo.repo, "info", "exclude"), "b.txt\n");
    expect(await git.land(allowed)).toMatchObject(inTheWay);
    expect([repo.head("main"), readFileSync(join(repo.dir, "b.txt"), "utf8")]).toEqual([tip, "in the way\n"]);
    rmSync(join(repo.dir, "b.txt"));
    writeFileSync(join(repo.dir, "a.txt"), "mine\n");
    writeFileSync(join(repo.dir, "staged.txt"), "mine\n");
    writeFileSync(join(repo.dir, "notes.txt"), "untracked and not in the way\n");
    repo.git("add", "staged.txt");
    const before = repo.git("status", "--porcelain");
    expect(await git.land(allowed)).toEqual({ kind: "landed" });
    expect([repo.head("main"), existsSync(join(repo.dir, "b.txt"))]).toEqual([to, true]);
    expect([hook.ran(), repo.git("status", "--porcelain")]).toEqual([false, before]);
  });

  test("GI45 options that the person has for merges of the branch change nothing", async () => {
    using sandbox = gitSandbox();
    const { git, repo, landing, to } = await built(sandbox);
    repo.git("config", "branch.main.mergeOptions", "--squash --no-commit");
    expect(await git.land({ ...landing, checkout: "moves" as const })).toEqual({ kind: "landed" });
    expect([repo.head("main"), repo.git("status", "--porcelain")]).toEqual([to, ""]);
  });

  test("GI113 a move that was cut short after any of its files is finished by the next look", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const keep = { "same.txt": "1\n", "gone.txt": "1\n", "a.txt": "1\n" };
    const from = repo.commit({ files: keep });
    repo.git("checkout", "-qb", "sluice/work");
    const to = repo.commit({ files: { "a.txt": "2\n", "dir/b.txt": "2\n", "gone.txt": null } });
    repo.git("checkout", "-q", "main");
    const landing = { repo: repo.repo, target: MAIN, from, to, checkout: "moves" as const };
    const cut = [
      () => writeFileSync(join(repo.dir, "a.txt"), "2\n"),
      () => rmSync(join(repo.dir, "gone.txt")),
      () => mkdirSync(join(repo.dir, "dir")),
      () => writeFileSync(join(repo.dir, "dir/b.txt"), "2\n"),
      () => repo.git("read-tree", to),
    ];
    for (let steps = 0; steps <= cut.length; steps += 1) {
      repo.git("reset", "-q", "--hard", from);
      repo.git("clean", "-fdq");
      for (const step of cut.slice(0, steps)) step();
      expect(await git.land(landing)).toEqual({ kind: "landed" });
      expect([repo.head("main"), repo.git("status", "--porcelain")]).toEqual([to, ""]);
    }
    repo.git("reset", "-q", "--hard", from);
    writeFileSync(join(repo.dir, "a.txt"), "2\n");
    writeFileSync(join(repo.dir, "gone.txt"), "mine\n");
    const index = readFileSync(join(repo.repo, "index"));
    expect(await git.land(landing)).toMatchObject({ state: "changed", paths: ["gone.txt"] });
    expect([repo.head("main"), readFileSync(join(repo.repo, "index"))]).toEqual([from, index]);
    rmSync(join(repo.dir, "gone.txt"));
    const lock = join(repo.repo, "index.lock");
    writeFileSync(lock, "");
    utimesSync(lock, 1_700_000_000, 1_700_000_000);
    expect(await refusal(git.land(landing))).toMatchObject({ code: "unavailable" });
    expect(await git.clearStaleLocks({ repo: repo.repo, branches: ["main"] })).toEqual([lock]);
    expect(await git.land(landing)).toEqual({ kind: "landed" });
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  test("GI114 a linked worktree moves along as well; two that stand on the target stay, and so does one amid a merge", async () => {
    using sandbox = gitSandbox();
    const { git, repo, landing, to, tip } = await built(sandbox);
    const dir = sandbox.path("linked");
    repo.git("worktree", "add", "-qf", dir, "main");
    const allowed = { ...landing, checkout: "moves" as const };
    expect(await git.land(allowed)).toMatchObject({ kind: "checked_out", state: "several" });
    repo.git("checkout", "-q", "--detach");
    writeFileSync(join(repo.repo, "worktrees", "linked", "MERGE_HEAD"), `${tip}\n`);
    expect(await git.land(allowed)).toMatchObject({ worktree: dir, state: "unfinished" });
    rmSync(join(repo.repo, "worktrees", "linked", "MERGE_HEAD"));
    expect(await git.land(allowed)).toEqual({ kind: "landed" });
    expect([repo.head("main"), repo.git("-C", dir, "status", "--porcelain")]).toEqual([to, ""]);
  });

  test("a lock that a killed git left on the target is unavailable until it is cleared", async () => {
    using sandbox = gitSandbox();
    const { git, repo, landing } = await built(sandbox);
    repo.git("checkout", "-q", "--detach");
    const lock = join(repo.repo, "refs/heads/main.lock");
    writeFileSync(lock, "");
    utimesSync(lock, 1_700_000_000, 1_700_000_000);
    expect(await refusal(git.land(landing))).toMatchObject({ code: "unavailable" });
    expect(await git.clearStaleLocks({ repo: repo.repo, branches: ["main"] })).toEqual([lock]);
    expect(await git.land(landing)).toEqual({ kind: "landed" });
  });

  test("a target that a worktree is rebasing counts as checked out and dirty", async () => {
    using sandbox = gitSandbox();
    const { git, repo, landing } = await built(sandbox);
    const old = repo.commit({ files: { "a.txt": "mine\n" } });
    repo.git("checkout", "-qb", "elsewhere", "HEAD~1");
    repo.commit({ files: { "a.txt": "theirs\n" } });
    repo.git("checkout", "-q", "main");
    expect(() => repo.git("rebase", "elsewhere")).toThrow();
    const merge = await git.buildMerge({
      repo: repo.repo,
      tip: old,
      head: landing.to,
      strategy: "merge",
      message: "x",
    });
    if (merge.kind !== "built") throw new Error(merge.kind);
    const answer = await git.land({ ...landing, from: old, to: merge.commit, checkout: "moves" as const });
    expect(answer).toMatchObject({ kind: "checked_out", state: "unfinished" });
    expect(repo.head("main")).toBe(old);
  });
});

describe("landing on a remote", () => {
  const remoteChange = async (sandbox: GitSandbox) => {
    const git = gitUnderTest(sandbox);
    const hub = sandbox.repo("hub.git", { bare: true });
    const { repo, tip, head } = withChange(sandbox);
    repo.git("remote", "add", "origin", `file://${hub.dir}`);
    repo.git("push", "-q", "origin", "main");
    const target = { kind: "remote", remote: "origin", branch: "main" } as const;
    const merge = await git.buildMerge({
      repo: repo.repo,
      tip,
      head,
      strategy: "squash",
      message: "OB-1: land",
    });
    if (merge.kind !== "built") throw new Error(merge.kind);
    return { git, hub, repo, tip, to: merge.commit, target, place: { repo: repo.repo, target } };
  };

  test("GI47 a push moves the remote's branch and neither the person's branch nor checkout; a moved tip is fetched", async () => {
    using sandbox = gitSandbox();
    const { git, hub, repo, tip, to, place } = await remoteChange(sandbox);
    expect(await git.tip(place)).toBe(tip);
    expect(await git.land({ ...place, from: tip, to, checkout: "stays" as const })).toEqual({
      kind: "landed",
    });
    expect([hub.head("main"), repo.head("main")]).toEqual([to, tip]);
    expect(await git.landedAlready({ ...place, commit: to })).toBe(true);
    const second = await git.buildMerge({
      repo: repo.repo,
      tip,
      head: repo.head("sluice/a"),
      strategy: "merge",
      message: "y",
    });
    if (second.kind !== "built") throw new Error(second.kind);
    const late = { ...place, from: tip, to: second.commit, checkout: "stays" as const };
    expect(await git.land(late)).toEqual({ kind: "moved", tip: to });
    expect([await git.tip(place), hub.head("main")]).toEqual([to, to]);
  });

  test("GI48 a protected branch answers refused in the remote's words and stays as it was", async () => {
    using sandbox = gitSandbox();
    const { git, hub, tip, to, place } = await remoteChange(sandbox);
    const hook = join(hub.repo, "hooks", "pre-receive");
    writeFileSync(hook, "#!/bin/sh\necho 'main is protected' >&2\nexit 1\n", { mode: 0o755 });
    const answer = await git.land({ ...place, from: tip, to, checkout: "stays" as const });
    if (answer.kind !== "refused") throw new Error(answer.kind);
    expect(answer.message).toContain("main is protected");
    expect(hub.head("main")).toBe(tip);
  });

  test("a remote that is gone is unavailable, a branch it has not is not_found", async () => {
    using sandbox = gitSandbox();
    const { git, repo, place, tip, to } = await remoteChange(sandbox);
    const absent = git.tip({ ...place, target: { ...place.target, branch: "absent" } });
    expect(await refusal(absent)).toMatchObject({ code: "not_found" });
    repo.git("remote", "set-url", "origin", `file://${sandbox.path("nowhere")}`);
    expect(await refusal(git.tip(place))).toMatchObject({ code: "unavailable" });
    const landing = git.land({ ...place, from: tip, to, checkout: "stays" as const });
    expect(await refusal(landing)).toMatchObject({ code: "unavailable" });
  });

  test("a remote with a relative path is found from the checkout, and from a bare repository itself", async () => {
    using sandbox = gitSandbox();
    const { git, hub, repo, tip, to, place } = await remoteChange(sandbox);
    const bare = sandbox.clone(repo.dir, "clones/bare.git", "--bare");
    for (const { git: run, dir } of [repo, bare]) run("remote", "set-url", "origin", relative(dir, hub.dir));
    for (const { repo: there } of [repo, bare]) expect(await git.tip({ ...place, repo: there })).toBe(tip);
    expect(await git.pushBranch({ repo: bare.repo, branch: "sluice/a", remote: "origin" })).toEqual({
      kind: "landed",
    });
    expect(await git.land({ ...place, from: tip, to, checkout: "stays" as const })).toEqual({
      kind: "landed",
    });
    expect([hub.head("main"), hub.head("sluice/a")]).toEqual([to, repo.head("sluice/a")]);
  });

  test("a push whose remote is killed before it judged is unavailable, never refused", async () => {
    using sandbox = gitSandbox();
    const { git, hub, tip, to, place } = await remoteChange(sandbox);
    const hook = join(hub.repo, "hooks", "pre-receive");
    writeFileSync(hook, "#!/bin/sh\nkill -9 $PPID\n", { mode: 0o755 });
    const landing = { ...place, from: tip, to, checkout: "stays" as const };
    expect(await refusal(git.land(landing))).toMatchObject({ code: "unavailable" });
    rmSync(hook);
    expect(await git.land(landing)).toEqual({ kind: "landed" });
  });

  test("only a branch of ours is pushed for review", async () => {
    using sandbox = gitSandbox();
    const { git, hub, repo } = await remoteChange(sandbox);
    expect(await git.pushBranch({ repo: repo.repo, branch: "sluice/a", remote: "origin" })).toEqual({
      kind: "landed",
    });
    expect(hub.head("sluice/a")).toBe(repo.head("sluice/a"));
    const other = git.pushBranch({ repo: repo.repo, branch: "main", remote: "origin" });
    expect(await refusal(other)).toMatchObject({ code: "denied" });
  });

  test("GI51 eight landings at once on one remote branch land one after the other, each by its own try again", async () => {
    using sandbox = gitSandbox();
    const { hub, repo, tip, place } = await remoteChange(sandbox);
    const one = async (n: number) => {
      const git = gitUnderTest(sandbox);
      const head = repo.head(`sluice/n${n}`);
      for (let tries = 0; tries < 20; tries++) {
        const from = await git.tip(place);
        const merge = await git.buildMerge({
          repo: repo.repo,
          tip: from,
          head,
          strategy: "squash",
          message: `OB-${n}`,
        });
        if (merge.kind !== "built") throw new Error(merge.kind);
        const result = await git.land({ ...place, from, to: merge.commit, checkout: "stays" as const });
        if (result.kind === "landed") return;
        expect(result.kind).toBe("moved");
      }
      throw new Error("never landed");
    };
    const numbers = Array.from({ length: 8 }, (_, n) => n + 1);
    for (const n of numbers) {
      repo.git("checkout", "-qb", `sluice/n${n}`, tip);
      repo.commit({ files: { [`n${n}.txt`]: "x\n" } });
    }
    await Promise.all(numbers.map(one));
    expect(hub.git("log", "--format=%s", `${tip}..main`).split("\n").toSorted()).toEqual(
      numbers.map((n) => `OB-${n}`),
    );
    expect(hub.git("ls-tree", "--name-only", "main").split("\n").length).toBe(9);
  });
});
