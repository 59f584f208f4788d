import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

const ODD = ["-dash.txt", "a b.txt", "new\nline.txt", "tab\there", ":(top)x", "*.txt", "é.txt"];

describe("reading objects", () => {
  test("changed paths keep odd names whole; a name that is not UTF-8 shows a replacement", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { gone: "1", stays: "1" } });
    writeFileSync(Buffer.concat([Buffer.from(`${repo.dir}/`), Buffer.from([0x62, 0xff])]), "x");
    const files = { ...Object.fromEntries(ODD.map((name) => [name, "x\n"])), gone: null, stays: "2" };
    const head = repo.commit({ files });
    const built = await git.buildMerge({
      repo: repo.repo,
      tip: base,
      head,
      strategy: "squash",
      message: "x",
    });
    if (built.kind !== "built") throw new Error(built.kind);
    const of = (kind: string) =>
      built.changes
        .filter(({ change }) => change === kind)
        .map(({ path }) => path)
        .toSorted();
    expect(of("added")).toEqual([...ODD, "b\uFFFD"].toSorted());
    expect([of("deleted"), of("modified")]).toEqual([["gone"], ["stays"]]);
    for (const path of ODD) {
      expect(await git.pathExists({ repo: repo.repo, commit: head, path })).toBe(true);
      const shown = await git.showFile({ repo: repo.repo, commit: head, path });
      expect(Buffer.from(shown?.bytes ?? []).toString()).toBe("x\n");
      expect(
        await git.grep({ repo: repo.repo, commit: head, pattern: "x", syntax: "fixed", paths: [path] }),
      ).toEqual({
        count: 1,
        files: [{ path, count: 1 }],
      });
    }
  });

  test("a file is shown as it is at the commit, cut where asked; directories exist and show nothing", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    symlinkSync("a/b.txt", join(repo.dir, "link"));
    const commit = repo.commit({ files: { "a/b.txt": "hello" } });
    const at = { repo: repo.repo, commit };
    expect(await git.showFile({ ...at, path: "a/b.txt", maxBytes: 2 })).toEqual({
      bytes: Buffer.from("he"),
      truncated: true,
    });
    expect(Buffer.from((await git.showFile({ ...at, path: "link" }))?.bytes ?? []).toString()).toBe(
      "a/b.txt",
    );
    expect(await git.showFile({ ...at, path: "a" })).toBeUndefined();
    expect(await git.showFile({ ...at, path: "absent" })).toBeUndefined();
    expect([await git.pathExists({ ...at, path: "a/" }), await git.pathExists({ ...at, path: "b" })]).toEqual(
      [true, false],
    );
    for (const path of ["../x", "/etc/passwd", "a/../b", "", "./a"])
      expect(await refusal(git.showFile({ ...at, path }))).toMatchObject({ code: "invalid" });
  });

  test("a diff is cut at its limit and says so", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const base = repo.commit({ files: { a: "1\n" } });
    const head = repo.commit({ files: { a: "2\n" } });
    const whole = await git.diff({ repo: repo.repo, base, head });
    expect([whole.text.includes("-1\n+2\n"), whole.truncated]).toEqual([true, false]);
    const cut = await git.diff({ repo: repo.repo, base, head, maxBytes: 10 });
    expect(cut).toEqual({ text: whole.text.slice(0, 10), truncated: true });
  });

  test("a search counts lines as fixed text, whole word or ERE, below literal paths, and refuses a malformed pattern", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    const commit = repo.commit({
      files: { "src/a.ts": "a.b\naxb\nfoo(bar)\n", "src/b.ts": "foobar\n-e\n", "c.ts": "a.b\n" },
    });
    const count = async (pattern: string, syntax: "fixed" | "word" | "ere", paths?: string[]) =>
      (await git.grep({ repo: repo.repo, commit, pattern, syntax, ...(paths ? { paths } : {}) })).count;
    expect(await count("a.b", "fixed")).toBe(2);
    expect(await count("a.b", "ere", ["src"])).toBe(2);
    expect(await count("foo", "word", ["src/"])).toBe(1);
    expect(await count("-e", "fixed")).toBe(1);
    expect(await count("absent", "fixed")).toBe(0);
    expect(await refusal(count("(", "ere"))).toMatchObject({ code: "invalid" });
    expect(await refusal(count("", "fixed"))).toMatchObject({ code: "invalid" });
    const many = repo.commit({ files: { "many.txt": `${"a".repeat(5_000)}\n` } });
    const backtracks = "(a*)(a*)(a*)\\1\\2\\3b";
    const slow = git.grep({
      repo: repo.repo,
      commit: many,
      pattern: backtracks,
      syntax: "ere",
      timeoutMs: 50,
    });
    expect(await refusal(slow)).toMatchObject({ code: "limited" });
  });

  test("the identity is the one git resolves here, author and committer apart; a guess does not count", async () => {
    using sandbox = gitSandbox();
    const git = gitUnderTest(sandbox);
    const repo = sandbox.repo("app");
    repo.git("config", "author.name", "Only Author");
    const ada = { name: "Ada Human", email: "ada@example.org" };
    expect(await git.identity({ repo: repo.repo })).toEqual({
      author: { ...ada, name: "Only Author" },
      committer: ada,
    });
    repo.git("config", "--unset", "user.email");
    expect(await refusal(git.identity({ repo: repo.repo }))).toMatchObject({ code: "invalid" });
    writeFileSync(sandbox.globalConfig, "[user]\n\temail = global@example.org\n");
    expect((await git.identity({ repo: repo.repo })).committer.email).toBe("global@example.org");
  });
});
