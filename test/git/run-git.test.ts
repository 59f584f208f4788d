import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRunner } from "#git/run-git.ts";
import { type GitSandbox, gitSandbox } from "#test/git-fixture.ts";
import { plantGit } from "#test/planted-git.ts";
import { refusal } from "#test/refusal.ts";

/** Dozens of git processes on a machine that is busy with other tests. */
setDefaultTimeout(60_000);

describe("running git", () => {
  test("GI90 only an allow-list of the environment reaches git, and no variable that points it elsewhere", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const sha = repo.commit();
    const stray = {
      GIT_DIR: "/nowhere",
      GIT_WORK_TREE: "/",
      GIT_INDEX_FILE: "/x",
      GIT_OBJECT_DIRECTORY: "/x",
      GIT_NAMESPACE: "x",
    };
    const secrets = {
      AWS_SECRET_ACCESS_KEY: "s3cret",
      LANG: "de_DE.UTF-8",
      GIT_EXTERNAL_DIFF: "false",
      GIT_TRACE: "1",
    };
    const git = createRunner({ ...sandbox.env, ...stray, ...secrets });
    expect(await git.text({ cwd: repo.dir, args: ["rev-parse", "HEAD"] })).toBe(`${sha}\n`);
    const shown = await git.text({ cwd: repo.dir, args: ["-c", "alias.env=!env", "env"] });
    for (const name of [...Object.keys(stray).filter((key) => key !== "GIT_DIR"), ...Object.keys(secrets)])
      expect(shown).not.toContain(`${name}=`);
    expect(shown).toContain("GIT_TERMINAL_PROMPT=0");
  });

  test("a git that does not end in time is stopped with all it started, and says so", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const git = createRunner(sandbox.env);
    const mark = sandbox.path("pid");
    const stubborn = `echo $$ > '${mark}'; trap '' TERM; sleep 1000 & wait; sleep 1000`;
    const leftBehind = `(trap '' TERM; exec sleep 1000) & echo $! > '${mark}'; wait`;
    for (const script of [stubborn, leftBehind]) {
      const hang = git.run({ cwd: repo.dir, args: ["-c", `alias.hang=!${script}`, "hang"], timeoutMs: 500 });
      expect(await refusal(hang)).toMatchObject({ code: "unavailable", details: { timedOut: true } });
      const pid = (await Bun.file(mark).text()).trim();
      // An ended process that nobody has waited for yet is still listed, as Z.
      expect(Bun.spawnSync(["ps", "-o", "stat=", "-p", pid]).stdout.toString()).toMatch(/^(?:Z.*\s*)?$/);
    }
  });

  test("output past its limit is refused or cut; stdin is closed; a missing directory or program is said", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const git = createRunner(sandbox.env);
    const flood = { cwd: repo.dir, args: ["-c", "alias.flood=!yes", "flood"], maxBytes: 1000 };
    expect(await refusal(git.run(flood))).toMatchObject({ code: "limited" });
    const cut = await git.run({ ...flood, overflow: "cut" });
    expect([cut.stdout.length, cut.truncated]).toEqual([1000, true]);
    expect(await git.text({ cwd: repo.dir, args: ["-c", "alias.in=!cat", "in"] })).toBe("");
    const absent = git.text({ cwd: sandbox.path("absent"), args: ["version"] });
    expect(await refusal(absent)).toMatchObject({ code: "not_found" });
    const bare = createRunner({ PATH: sandbox.path("no-bin") });
    expect(await refusal(bare.text({ cwd: repo.dir, args: ["version"] }))).toMatchObject({
      code: "unavailable",
    });
  });

  test("GI93 a failure is told in git's words without passwords or control characters", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    mkdirSync(sandbox.path("bin"));
    const fake = sandbox.path("bin", "git");
    writeFileSync(fake, "#!/bin/sh\nprintf 'fatal: https://me:t0ken@host/x \\033[31mred\\n' >&2\nexit 128\n");
    chmodSync(fake, 0o755);
    const git = createRunner({ ...sandbox.env, PATH: `${sandbox.path("bin")}:${sandbox.env["PATH"] ?? ""}` });
    const { message } = await refusal(git.text({ cwd: repo.dir, args: ["fetch"] }));
    expect(message).toBe("git fetch failed: fatal: https://***@host/x [31mred");
  });

  test("GI94 a git that a signal ended has answered nothing: what only reads is asked again, twice at most", async () => {
    using sandbox = gitSandbox();
    const repo = sandbox.repo("app");
    const sha = repo.commit();
    const { calls, git, killFirst } = killedGit(sandbox);
    const asked = ["rev-parse", "--verify", "HEAD"];
    killFirst(2);
    expect(await git.text({ cwd: repo.dir, args: asked })).toBe(`${sha}\n`);
    expect(calls()).toBe(3);
    killFirst(3);
    expect(await refusal(git.run({ cwd: repo.dir, args: asked }))).toMatchObject({
      code: "unavailable",
      message: "git rev-parse was ended by SIGKILL",
    });
    expect(calls()).toBe(3);
    killFirst(1);
    const moving = git.run({ cwd: repo.dir, args: ["update-ref", "refs/heads/b", sha] });
    expect(await refusal(moving)).toMatchObject({ code: "unavailable" });
    expect(calls()).toBe(1);
    killFirst(1);
    const read = async (): Promise<number> => {
      let bytes = 0;
      for await (const chunk of git.stream({ cwd: repo.dir, args: ["log"] })) bytes += chunk.length;
      return bytes;
    };
    expect(await refusal(read())).toMatchObject({ code: "unavailable", details: { killedBy: "SIGKILL" } });
  });
});

/** A runner whose git kills itself, as often as it is told, before it has done anything. */
function killedGit(sandbox: GitSandbox) {
  const [log, limit] = [sandbox.path("calls"), sandbox.path("limit")];
  const script = `echo >> '${log}'; [ $(wc -l < '${log}') -gt $(cat '${limit}') ] || kill -9 $$`;
  return {
    git: createRunner(plantGit(sandbox.env, sandbox.path("bin"), script)),
    calls: () => readFileSync(log, "utf8").length,
    killFirst: (count: number) => {
      writeFileSync(log, "");
      writeFileSync(limit, String(count));
    },
  };
}
