import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { gitSandbox } from "#test/git-fixture.ts";
import { GUARD_HOOKS, guardHook } from "#worker/guard/guard-hook.ts";
import { guardProgram } from "#worker/guard/guard-program.ts";
import { guardConfig, guardSettings } from "#worker/guard/guard-settings.ts";

const ODD = `a=b it's a "wild" [place]*? $HOME \`x\` \\n #`;

test("RG11 the guard holds wherever the repository and the run's files are", () => {
  using sandbox = gitSandbox();
  const repo = sandbox.repo(ODD);
  repo.commit();
  const dir = sandbox.path(`run ${ODD}`, "R-1");
  repo.git("worktree", "add", "--quiet", "-b", "sluice/OB-1-R1", dir);
  const hooks = sandbox.path(`hooks ${ODD}`);
  const config = sandbox.path(`config ${ODD}`);
  const refusals = sandbox.path(`refusals ${ODD}`);
  const place = {
    alias: "app",
    commonDir: repo.repo,
    gitDir: join(repo.repo, "worktrees", "R-1"),
    branch: "sluice/OB-1-R1",
    hooks: "hooks",
  };
  const text = { run: "R-1", places: [place], hooks, refusals };
  mkdirSync(hooks);
  for (const name of GUARD_HOOKS) put(join(hooks, name), guardHook(text));
  writeFileSync(config, guardConfig(hooks));
  const program = sandbox.path("git");
  put(program, guardProgram(text, Bun.which("git") ?? "git", config));
  const settings = guardSettings(config, [repo.repo]);
  const env = {
    ...sandbox.env,
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], n) => [
        [`GIT_CONFIG_KEY_${n}`, key],
        [`GIT_CONFIG_VALUE_${n}`, value],
      ]),
    ),
  };
  const git = (...args: string[]) => Bun.spawnSync([program, ...args], { cwd: dir, env }).exitCode;
  expect(git("commit", "--quiet", "--allow-empty", "-m", "x")).toBe(0);
  for (const move of [
    ["branch", "-f", "main", "HEAD"],
    ["stash", "drop"],
    ["-C", repo.dir, "commit", "--allow-empty", "-m", "x"],
  ])
    expect([move, git(...move)]).not.toEqual([move, 0]);
  expect(repo.head("main")).not.toBe(repo.head("sluice/OB-1-R1"));
});

function put(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o700);
}
