import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { GitPort } from "#operations/ports/git.ts";
import { type FixtureRepo, type GitSandbox, gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

const HOOKS =
  "post-checkout post-merge post-commit pre-commit commit-msg prepare-commit-msg reference-transaction pre-push post-index-change pre-auto-gc post-rewrite fsmonitor-watchman".split(
    " ",
  );

/** Plants `program` wherever a repository's own configuration can name one. */
function plant(repo: FixtureRepo, program: string): void {
  for (const name of HOOKS)
    writeFileSync(join(repo.repo, "hooks", name), readFileSync(program), { mode: 0o755 });
  const settings = {
    "core.fsmonitor": program,
    "core.pager": program,
    "core.editor": program,
    "core.askPass": program,
    "core.hooksPath": join(repo.repo, "hooks"),
    "core.alternateRefsCommand": program,
    "diff.external": program,
    "diff.evil.command": program,
    "diff.evil.textconv": program,
    "filter.evil.clean": program,
    "filter.evil.smudge": program,
    "filter.evil.required": "true",
    "filter.long.process": program,
    "merge.evil.driver": program,
    "gpg.program": program,
    "gpg.ssh.program": program,
    "commit.gpgSign": "true",
    "log.showSignature": "true",
    "sequence.editor": program,
    "interactive.diffFilter": program,
    "trailer.evil.command": program,
    "alias.log": `!${program}`,
    "pager.log": program,
  };
  for (const [key, value] of Object.entries(settings)) repo.git("config", key, value);
}

const SIGNATURE = "-----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----";

function writeObject({ dir }: FixtureRepo, { env }: GitSandbox, commit: string): string {
  const argv = ["git", "hash-object", "-t", "commit", "-w", "--stdin"];
  return Bun.spawnSync(argv, { cwd: dir, env, stdin: Buffer.from(`${commit}\n`) })
    .stdout.toString()
    .trim();
}

describe("a repository whose configuration names programs", () => {
  const hostile = async (sandbox: GitSandbox) => {
    const repo = sandbox.repo("app");
    const attributes = "*.txt filter=evil diff=evil merge=evil\n*.long filter=long diff=evil\n";
    const base = repo.commit({ files: { "a.txt": "1\n", "b.long": "1\n", ".gitattributes": attributes } });
    repo.git("checkout", "-qb", "sluice/work");
    const head = repo.commit({ files: { "a.txt": "work\n" } });
    repo.git("checkout", "-q", "main");
    const tip = repo.commit({ files: { "a.txt": "main\n" } });
    const canary = sandbox.canary("evil");
    writeFileSync(join(repo.repo, "info", "attributes"), attributes);
    const signed = repo.git("cat-file", "commit", head).replace("\n\n", `\ngpgsig ${SIGNATURE}\n\n`);
    repo.git("update-ref", "refs/heads/signed", writeObject(repo, sandbox, signed));
    plant(repo, canary.program);
    return { git: gitUnderTest(sandbox), repo, base, head, tip, canary };
  };

  const reads: Readonly<
    Record<string, (git: GitPort, repo: string, base: Sha, head: Sha, dir: string) => Promise<unknown>>
  > = {
    inspect: (git, _repo, _base, _head, dir) => git.inspect({ path: dir }),
    scan: async (git, repo) => Array.fromAsync((await git.scan({ repo, known: [] })).commits),
    patchIds: (git, repo, base, head) => git.patchIds({ repo, shas: [base, head] }),
    blame: (git, repo, _base, head) => git.blame({ repo, path: "a.txt", line: 1, commit: head }),
    commitsBetween: (git, repo, base, head) =>
      git.commitsBetween({ repo, from: base, to: head, paths: ["a.txt"], limit: 5 }),
    diff: (git, repo, base, head) => git.diff({ repo, base, head }),
    showFile: (git, repo, _base, head) => git.showFile({ repo, commit: head, path: "a.txt" }),
    grep: (git, repo, _base, head) => git.grep({ repo, commit: head, pattern: "1", syntax: "ere" }),
    identity: (git, repo) => git.identity({ repo }),
    untrusted: (git, repo) => git.untrusted({ repo }),
  };

  test("GI85 no program runs while it is read", async () => {
    using sandbox = gitSandbox();
    const { git, repo, base, head, canary } = await hostile(sandbox);
    for (const [name, read] of Object.entries(reads)) {
      await read(git, repo.repo, base, head, repo.dir);
      expect([name, canary.ran()]).toEqual([name, false]);
    }
    expect(() => repo.git("diff", base, head)).not.toThrow();
    expect(canary.ran()).toBe(true);
  });

  test("GI86 no program runs while a run's folder is made, saved, rewritten, merged, landed and removed", async () => {
    using sandbox = gitSandbox();
    const { git, repo, base, head, tip, canary } = await hostile(sandbox);
    const at = { repo: repo.repo };
    const dir = sandbox.path("R-1");
    const run = { ...at, dir, branch: "sluice/run" };
    await git.openRun({ ...run, commit: base });
    expect([readFileSync(join(dir, "a.txt"), "utf8"), canary.ran()]).toEqual(["1\n", false]);
    writeFileSync(join(dir, "a.txt"), "changed\n");
    writeFileSync(join(dir, "b.long"), "changed\n");
    const saved = await git.saveRun({ ...run, base, message: "x" });
    expect(saved.head).not.toBe(base);
    await git.rewriteMessages({ ...at, branch: "sluice/run", head: saved.head, base, ref: "OB-1" });
    await git.openRun({ ...at, dir, commit: head });
    await git.closeRun({ ...at, dir });
    expect(canary.ran()).toBe(false);
    const conflict = await git.buildMerge({ ...at, tip, head, strategy: "squash", message: "x" });
    expect(conflict).toEqual({ kind: "conflict", paths: ["a.txt"] });
    const merge = await git.buildMerge({ ...at, tip: base, head, strategy: "squash", message: "x" });
    if (merge.kind !== "built") throw new Error(merge.kind);
    Bun.spawnSync(["git", "-c", "core.hooksPath=/dev/null", "branch", "target", base], {
      cwd: repo.dir,
      env: sandbox.env,
    });
    const target = { kind: "local", branch: "target" } as const;
    const landing = { ...at, target, from: base, to: merge.commit, checkout: "moves" as const };
    expect(await git.land(landing)).toEqual({ kind: "landed" });
    expect(canary.ran()).toBe(false);
  });

  test("GI86 no program runs while a checked-out target is looked at and moved along", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const from = repo.commit({ files: { "a.txt": "1\n", "b.md": "1\n" } });
    repo.git("checkout", "-qb", "sluice/work");
    const plain = repo.commit({ files: { "b.md": "2\n" } });
    const filtered = repo.commit({ files: { "a.txt": "2\n" } });
    repo.git("checkout", "-q", "main");
    const canary = sandbox.canary("evil");
    writeFileSync(join(repo.repo, "info", "attributes"), "*.txt filter=evil merge=evil\n");
    plant(repo, canary.program);
    const makeStatDirty = () => utimesSync(join(repo.dir, "a.txt"), 1_577_880_000, 1_577_880_000);
    const landing = { repo: repo.repo, target: { kind: "local", branch: "main" } as const };
    const waits = { kind: "checked_out", worktree: repo.dir };
    makeStatDirty();
    const standing = { ...landing, from, to: plain, checkout: "stays" as const };
    expect(await git.land(standing)).toMatchObject({ ...waits, state: "kept" });
    expect([canary.ran(), repo.head("main")]).toEqual([false, from]);
    expect(await git.land({ ...standing, checkout: "moves" as const })).toEqual({ kind: "landed" });
    expect([canary.ran(), readFileSync(join(repo.dir, "b.md"), "utf8")]).toEqual([false, "2\n"]);
    makeStatDirty();
    const next = { ...landing, from: plain, to: filtered, checkout: "moves" as const };
    expect(await git.land(next)).toMatchObject({ ...waits, state: "filtered" });
    expect([canary.ran(), readFileSync(join(repo.dir, "a.txt"), "utf8")]).toEqual([false, "1\n"]);
    repo.git("status");
    expect(canary.ran()).toBe(true);
  });

  test("GI96 files that a filter would have to make are left to the person, as the commit's attributes say", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const from = repo.commit({ files: { "a.bin": "1\n" } });
    repo.git("checkout", "-qb", "sluice/work");
    const to = repo.commit({ files: { "b.bin": "2\n", ".gitattributes": "b.bin filter=lfs\n" } });
    const onlyMade = repo.commit({ files: { "a.bin": "2\n", "b.bin": null } });
    repo.git("checkout", "-q", "main");
    const landing = { repo: repo.repo, target: { kind: "local", branch: "main" } as const };
    const answer = await git.land({ ...landing, from, to, checkout: "moves" as const });
    expect(answer).toMatchObject({ kind: "checked_out", state: "filtered" });
    expect([repo.head("main"), existsSync(join(repo.dir, "b.bin"))]).toEqual([from, false]);
    const other = await git.land({ ...landing, from, to: onlyMade, checkout: "moves" as const });
    expect(other).toEqual({ kind: "landed" });
  });

  test("GI115 where a person asks for it a repository's own filters make the files of a checkout that moves along", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const from = repo.commit({ files: { "a.bin": "1\n" } });
    repo.git("checkout", "-qb", "sluice/work");
    const to = repo.commit({ files: { "b.bin": "two\n", ".gitattributes": "b.bin filter=upper\n" } });
    repo.git("checkout", "-q", "main");
    repo.git("config", "filter.upper.smudge", "tr a-z A-Z");
    repo.git("config", "filter.upper.clean", "tr A-Z a-z");
    const landing = { repo: repo.repo, target: { kind: "local", branch: "main" } as const, from, to };
    expect(await git.land({ ...landing, checkout: "moves" as const })).toMatchObject({ state: "filtered" });
    expect(await git.land({ ...landing, checkout: "with_filters" })).toEqual({ kind: "landed" });
    expect(readFileSync(join(repo.dir, "b.bin"), "utf8")).toBe("TWO\n");
    expect(repo.git("status", "--porcelain")).toBe("");
  });

  test("GI87 content filters of the person's own configuration run in a run's folder, the repository's do not", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const commit = repo.commit({ files: { "a.txt": "x\n", ".gitattributes": "a.txt filter=upper\n" } });
    const text = async (name: string) => {
      await git.openRun({ repo: repo.repo, dir: sandbox.path(name), branch: `sluice/${name}`, commit });
      return readFileSync(sandbox.path(name, "a.txt"), "utf8");
    };
    writeFileSync(sandbox.globalConfig, '[filter "upper"]\n\tsmudge = tr x X\n');
    expect(await text("own")).toBe("X\n");
    writeFileSync(sandbox.globalConfig, "");
    repo.git("config", "filter.upper.smudge", "tr x Y");
    expect(await text("not")).toBe("x\n");
  });

  test("GI88 a submodule's folder is empty until set-up fills it, and the person's configuration stays", async () => {
    using sandbox = gitSandbox();
    const allowed = '[protocol "file"]\n\tallow = always\n';
    writeFileSync(sandbox.globalConfig, allowed);
    const git = gitUnderTest(sandbox);
    const lib = sandbox.repo("lib");
    lib.commit({ files: { "lib.txt": "lib\n" } });
    const repo = sandbox.repo("app");
    repo.git("submodule", "--quiet", "add", lib.dir, "lib");
    const base = repo.commit();
    const before = readFileSync(join(repo.repo, "config"), "utf8");
    const at = { repo: repo.repo, dir: sandbox.path("R-1"), branch: "sluice/run" };
    await git.openRun({ ...at, commit: base });
    expect(readdirSync(join(at.dir, "lib"))).toEqual([]);
    sandbox.at(at.dir).git("submodule", "--quiet", "update", "--init");
    expect(readFileSync(join(at.dir, "lib", "lib.txt"), "utf8")).toBe("lib\n");
    expect(await git.saveRun({ ...at, base, message: "x" })).toEqual({ head: base, embedded: [] });
    expect(readFileSync(join(repo.repo, "config"), "utf8")).toBe(before);
  });
});
