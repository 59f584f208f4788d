import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import { freezeAccount } from "#git/frozen-account.ts";
import { gitSandbox } from "#test/git-fixture.ts";
import { gitUnderTest } from "#test/git-under-test.ts";

setDefaultTimeout(60_000);

test("GI111 the account's git files count as they were, with all that they include, whatever is written there later", async () => {
  using sandbox = gitSandbox();
  const repo = sandbox.repo("app");
  const commit = repo.commit({
    files: { "a.txt": "x\n", ".gitattributes": "a.txt filter=late\n", "b.txt": "x\n" },
  });
  for (const name of ["user.name", "user.email"]) repo.git("config", "--unset", name);
  const home = sandbox.path("home");
  mkdirSync(join(home, ".config", "git"), { recursive: true });
  const work = join(home, "work.inc");
  writeFileSync(work, "[user]\n\tname = Ada Work\n\temail = ada@work.example\n");
  writeFileSync(
    join(home, ".gitconfig"),
    `[include]\n\tpath = more.inc\n[includeIf "gitdir:${repo.repo}"]\n\tpath = ~/work.inc\n`,
  );
  writeFileSync(join(home, "more.inc"), '[user]\n\tname = Ada\n[filter "upper"]\n\tsmudge = tr x X\n');
  writeFileSync(join(home, ".config", "git", "attributes"), "b.txt filter=upper\n");
  const { GIT_CONFIG_GLOBAL: _none, ...plain } = sandbox.env;
  const env = await freezeAccount(plain, sandbox.path("frozen"));
  const git = gitUnderTest({ ...sandbox, env: env as Readonly<Record<string, string>> });
  const canary = sandbox.canary("late");
  for (const file of [".gitconfig", "more.inc", "work.inc"])
    appendFileSync(
      join(home, file),
      `[user]\n\tname = Eve\n[filter "late"]\n\tsmudge = ${canary.program}\n[core]\n\tfsmonitor = ${canary.program}\n`,
    );
  appendFileSync(join(home, ".config", "git", "attributes"), "* filter=late\n");
  const person = { name: "Ada Work", email: "ada@work.example" };
  expect(await git.identity({ repo: repo.repo })).toEqual({ author: person, committer: person });
  const dir = sandbox.path("R-1");
  await git.openRun({ repo: repo.repo, dir, branch: "sluice/x", commit });
  expect([readFileSync(join(dir, "a.txt"), "utf8"), readFileSync(join(dir, "b.txt"), "utf8")]).toEqual([
    "x\n",
    "X\n",
  ]);
  expect(canary.ran()).toBe(false);
});

test("GI111 an account that names no file, as /dev/null, is one without settings", async () => {
  using sandbox = gitSandbox();
  const env = await freezeAccount({ ...sandbox.env, GIT_CONFIG_GLOBAL: "/dev/null" }, sandbox.path("frozen"));
  const { exitCode, stdout } = Bun.spawnSync(["git", "config", "--global", "--list"], { env: { ...env } });
  expect(exitCode).toBe(0);
  expect(stdout.toString()).toMatch(/^core\.attributesfile=/);
});
