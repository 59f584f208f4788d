import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "bun:test";
import { atTerminal } from "#test/terminal.ts";

const PROGRAM = join(import.meta.dir, "../../bin/sluice");
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A person with a repository, whose home is beside it. */
function person() {
  const root = mkdtempSync(join(tmpdir(), "sluice-setup-"));
  folders.push(root);
  const repo = join(root, "repo");
  mkdirSync(join(repo, ".git"), { recursive: true });
  const env = { PATH: process.env["PATH"] ?? "", HOME: root, USER: "operator" };
  const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([PROGRAM, ...args], {
      cwd: repo,
      env: { ...env, ...more },
      stdin: "ignore",
    });
    return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
  };
  return { root, repo, env, run };
}

test("SU1 a repository is set up, found to be so, and left as it was", () => {
  const { repo, run } = person();
  writeFileSync(join(repo, "AGENTS.md"), "# Rules");
  const first = run(["setup", "codex", "claude-code", "--yes", "--json"]);
  expect(first.exitCode).toBe(0);
  expect(JSON.parse(first.stdout)).toMatchObject({ setup: { scope: "project", dry_run: false, kept: [] } });
  expect(readFileSync(join(repo, ".codex/config.toml"), "utf8")).toContain(
    '[mcp_servers.sluice]\ncommand = "sluice"',
  );
  expect(JSON.parse(readFileSync(join(repo, ".mcp.json"), "utf8"))).toMatchObject({
    mcpServers: { sluice: {} },
  });
  expect(existsSync(join(repo, ".claude/skills/sluice-loop/SKILL.md"))).toBe(true);
  expect(JSON.parse(run(["setup", "codex", "claude-code", "--json"]).stdout)).toMatchObject({
    setup: { changed: [], kept: [] },
  });
  expect(run(["setup", "codex", "claude-code", "--remove", "--yes"]).exitCode).toBe(0);
  expect(Bun.spawnSync(["ls", "-A"], { cwd: repo }).stdout.toString()).toBe(".git\nAGENTS.md\n");
  expect(readFileSync(join(repo, "AGENTS.md"), "utf8")).toBe("# Rules");
});

test("SU10 a person's own settings are set up where the client's variable says", () => {
  const { root, repo, env } = person();
  const place = { cwd: repo, env: { ...env, CODEX_HOME: join(root, "elsewhere") } };
  expect(atTerminal(`${PROGRAM} setup codex --user --yes`, place).code).toBe(0);
  expect(readFileSync(join(root, "elsewhere/config.toml"), "utf8")).toContain("[mcp_servers.sluice]");
  expect(existsSync(join(root, ".codex"))).toBe(false);
  expect(existsSync(join(repo, ".codex"))).toBe(false);
});

test("SU6 a dry run shows the change and writes nothing, and a change needs a yes", () => {
  const { repo, run } = person();
  const dry = run(["setup", "gemini", "--dry-run"]);
  expect(dry.exitCode).toBe(0);
  expect(dry.stdout).toContain("+++ .gemini/settings.json");
  const asked = run(["setup", "gemini"]);
  expect(asked.exitCode).toBe(2);
  expect(asked.stderr).toContain("Add --yes to confirm");
  expect(asked.stderr).toContain("it would write .gemini/settings.json, GEMINI.md, .agents/skills/");
  expect(asked.stderr).toContain("and 5 more");
  expect(existsSync(join(repo, ".gemini"))).toBe(false);
});

test("one refused file leaves all as they were", () => {
  const { root, repo, run } = person();
  writeFileSync(join(root, "outside"), "mine\n");
  symlinkSync(join(root, "outside"), join(repo, "CLAUDE.md"));
  const linked = run(["setup", "claude-code", "--yes"]);
  expect(linked.exitCode).toBe(6);
  expect(linked.stderr).toContain("CLAUDE.md is a link that leads out of");
  rmSync(join(repo, "CLAUDE.md"));
  symlinkSync(root, join(repo, ".codex"));
  expect(run(["setup", "codex", "--yes"]).exitCode).toBe(6);
  writeFileSync(join(repo, "opencode.json"), "{");
  expect(run(["setup", "gemini", "opencode", "--yes"]).exitCode).toBe(2);
  expect(Bun.spawnSync(["ls", "-A"], { cwd: repo }).stdout.toString()).toBe(".codex\n.git\nopencode.json\n");
  expect(readFileSync(join(root, "outside"), "utf8")).toBe("mine\n");
});

test("an untrusted workspace refuses before a file is written", () => {
  const { root, repo, run } = person();
  expect(run(["init"]).exitCode).toBe(0);
  const before = Bun.spawnSync(["ls", "-A"], { cwd: repo }).stdout.toString();
  const stranger = { XDG_STATE_HOME: join(root, "stranger") };
  const refused = run(["setup", "claude-code", "--yes"], stranger);
  expect(refused.exitCode).toBe(6);
  expect(refused.stderr).toContain("sluice trust");
  expect(Bun.spawnSync(["ls", "-A"], { cwd: repo }).stdout.toString()).toBe(before);
  expect(run(["setup", "claude-code", "--yes"]).exitCode).toBe(0);
});

test("--project is a switch, and not one beside --user", () => {
  const { run } = person();
  const env = { SLUICE_PROJECT: "app" };
  for (const flags of [["--project", "--dry-run"], ["--dry-run", "--project"], ["--dry-run"]]) {
    const dry = run(["setup", "claude-code", "--json", ...flags], env);
    expect([dry.exitCode, dry.stderr]).toEqual([0, ""]);
    expect(JSON.parse(dry.stdout)).toMatchObject({ setup: { scope: "project", dry_run: true } });
  }
  const both = run(["setup", "claude-code", "--project", "--user", "--dry-run"]);
  expect(both.exitCode).toBe(2);
  expect(both.stderr).toContain("--user and --project");
});

test("SU8 an agent's shell is refused", () => {
  const { repo, run } = person();
  expect(run(["setup", "codex", "--yes"], { CLAUDECODE: "1" }).exitCode).toBe(6);
  expect(existsSync(join(repo, ".codex"))).toBe(false);
});

test("SU9 the first setup makes the workspace strict", () => {
  const { run } = person();
  expect(run(["init"]).exitCode).toBe(0);
  expect(run(["setup", "codex", "--yes"]).stderr).toContain("From now on this workspace is strict");
  expect(run(["config", "get", "authority"]).stdout).toContain("strict");
  expect(run(["setup", "gemini", "--yes"]).stderr).not.toContain("From now on");
});
