import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { demoEnvironment, type Ran, run } from "./demo-state.ts";

const SLUICE = join(import.meta.dir, "..", "..", "bin", "sluice");
const START = join(import.meta.dir, "..", "..", "scripts", "start.ts");

const home = mkdtempSync(join(tmpdir(), "sluice-own-"));
const repository = join(home, "My App");
const env = {
  ...demoEnvironment(home),
  USER: "operator",
  INIT_CWD: home,
  PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}`,
};
const git = (...args: readonly string[]) => run(["git", "-C", repository, ...args], { cwd: home, env });
const start = (...paths: readonly string[]) => run([process.execPath, START, ...paths], { cwd: home, env });

let first: Ran;

beforeAll(async () => {
  mkdirSync(join(home, "bin"));
  const agent = join(home, "bin", "claude");
  writeFileSync(agent, `#!/bin/sh\ntouch '${join(home, "an-agent-was-started")}'\n`);
  chmodSync(agent, 0o755);
  mkdirSync(repository);
  writeFileSync(join(repository, "TODO.md"), "# TODO\n\n- [ ] Fix the login redirect\n");
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git(
    "-c",
    "user.name=Test Operator",
    "-c",
    "user.email=operator@example.invalid",
    "commit",
    "-qm",
    "Begin",
  );
  first = await start("My App");
}, 60_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

test("DE23 a person's own repository is registered, its TODO.md filed, and no agent started unasked", async () => {
  expect([first.code, first.stderr]).toEqual([0, ""]);
  expect(first.stdout).toContain("Fix the login redirect");
  expect(first.stdout).toContain("sluice gate approve C-1 --lane autonomous_safe");
  expect(first.stdout).toContain("sluice work --runner claude-code --until-empty");
  expect(existsSync(join(home, "an-agent-was-started"))).toBe(false);
  expect((await git("status", "--porcelain")).stdout).toBe("");
});

test("a second start changes nothing and says the same", async () => {
  const again = await start("My App");
  expect([again.code, again.stderr]).toEqual([0, ""]);
  expect(again.stdout).toContain("is registered as my-app");
  expect(again.stdout).toContain("sluice gate approve C-1 --lane autonomous_safe");
});

test("DE25 a path that is no repository is refused before anything is made of it", async () => {
  const ran = await start("My App", "nowhere");
  expect([ran.code, ran.stdout]).toEqual([1, ""]);
  expect(ran.stderr).toContain(join(home, "nowhere"));
  const projects = await run([SLUICE, "project", "list", "--json"], { cwd: home, env });
  expect(projects.stdout).toContain('"my-app"');
  expect(projects.stdout).not.toContain("nowhere");
});
