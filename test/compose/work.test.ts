import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { gitSandbox } from "#test/git-fixture.ts";

const PROGRAM = join(import.meta.dir, "..", "..", "src", "main.ts");

/** A workspace with one project and one repository, made by the program itself. */
function workspace() {
  const home = mkdtempSync(join(tmpdir(), "sluice-compose-"));
  const sandbox = gitSandbox();
  const repo = sandbox.repo("app");
  repo.commit();
  const run = (...args: string[]) => {
    const env = {
      ...sandbox.env,
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      USER: "ada",
      XDG_STATE_HOME: home,
    };
    const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, PROGRAM, ...args], {
      cwd: repo.dir,
      env,
    });
    return { exit: exitCode, out: stdout.toString(), err: stderr.toString() };
  };
  run("init");
  run("project", "add", "App", "--alias", "app");
  run("repo", "add", ".");
  const authority = () => run("config", "get", "authority", "--json").out;
  const remove = (): void => {
    sandbox[Symbol.dispose]();
    rmSync(home, { recursive: true, force: true });
  };
  return { run, authority, [Symbol.dispose]: remove };
}

test("CX4 the first worker makes a workspace strict, unless a person has said open", () => {
  using made = workspace();
  expect(made.run("work", "--runner", "no such runner").exit).toBe(2);
  expect(made.authority()).toContain('"open"');
  const first = made.run("work", "--runner", "none=/nowhere/agent", "--until-empty");
  expect(first.out).toContain('"type":"authority","authority":"strict"');
  expect(made.authority()).toContain('"strict"');
  expect(made.run("work", "--runner", "none=/nowhere/agent", "--until-empty").out).not.toContain(
    '"authority"',
  );
  using chosen = workspace();
  chosen.run("config", "set", "authority", "open");
  chosen.run("work", "--runner", "none=/nowhere/agent", "--until-empty");
  expect(chosen.authority()).toContain('"open"');
}, 60_000);

test("CX5 work until empty that no runner can do exits with 7 and says until when", () => {
  using made = workspace();
  made.run("item", "add", "-t", "Mend it", "--lane", "autonomous_safe");
  const { exit, out, err } = made.run("work", "--runner", "none=/nowhere/agent", "--until-empty");
  expect(exit).toBe(7);
  expect(out.trim().split("\n").at(-2) ?? "").toContain('"why":"barred"');
  expect(err).toContain("the next try is at 20");
}, 60_000);

test("an item that needs a capability is worked only where a runner has it, by its settings or by --can", () => {
  const COMMIT = 'echo on > "$SLUICE_ITEM.txt" && git add -A && git commit --quiet -m "Do it"';
  const fixer = { kind: "command", argv: ["sh", "-c", COMMIT] };
  const runner = (more: object = {}): string => `fixer=${JSON.stringify({ ...fixer, ...more })}`;
  using made = workspace();
  for (const need of ["gpu", "browser"])
    made.run("item", "add", "-t", `Use the ${need}`, "--need", need, "--lane", "autonomous_safe");
  const claimed = (...args: string[]): readonly string[] => {
    const { exit, out, err } = made.run("work", "--until-empty", ...args);
    expect([exit, err]).toEqual([0, ""]);
    return out
      .split("\n")
      .filter((line) => line.includes('"claimed"'))
      .map((line) => /"ref":"([^"]+)"/.exec(line)?.[1] ?? "");
  };
  expect(claimed("--runner", runner())).toEqual([]);
  expect(claimed("--runner", runner(), "--can", "browser")).toEqual(["OB-2"]);
  expect(claimed("--runner", runner({ capabilities: ["gpu"] }))).toEqual(["OB-1"]);
}, 60_000);

test("the agents of a worker find the program that started it, wherever that is", () => {
  using made = workspace();
  made.run("item", "add", "-t", "Mend it", "--lane", "autonomous_safe");
  const report = 'echo on > a.txt && sluice finish --note "With $(command -v sluice)"';
  const runner = `fixer=${JSON.stringify({ kind: "command", argv: ["sh", "-c", report] })}`;
  made.run("work", "--runner", runner, "--until-empty");
  const shown = made.run("item", "show", "OB-1");
  expect(shown.out).toContain(`With ${join(import.meta.dir, "..", "..", "bin", "sluice")}`);
}, 60_000);
