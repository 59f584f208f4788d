import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { pidIn } from "#test/launch.ts";
import { type ModelServer, startModelServer } from "#test/model-server.ts";
import { type ModelTurn, TURN_USAGE } from "#test/model-turn.ts";
import { installAgent, isSkipped } from "./install-agent.ts";

const VERSION = "2.1.329";
const INSTALL_LIMIT_MS = 600_000;
const SLUICE = join(import.meta.dir, "../../../bin/sluice");

let program: string;
let dir: string;
let models: ModelServer[] = [];

describe.skipIf(isSkipped("claude-code"))("sluice work with the real Claude Code", () => {
  beforeAll(() => {
    program = installAgent(
      `@anthropic-ai/claude-code-${process.platform}-${process.arch}`,
      VERSION,
      "claude",
    );
  }, INSTALL_LIMIT_MS);
  beforeEach(() => {
    models = [];
    dir = mkdtempSync(join(tmpdir(), "sluice-claude-"));
    mkdirSync(join(dir, "home"));
    mkdirSync(join(dir, "repo"));
    writeFileSync(join(dir, "home", ".gitconfig"), "[user]\n\tname = Ada\n\temail = ada@example.test\n");
    for (const args of [
      ["init", "-q", "-b", "main"],
      ["commit", "-q", "--allow-empty", "-m", "Begin"],
    ])
      call("git", args);
    call(SLUICE, ["init"]);
    call(SLUICE, [
      "project",
      "add",
      "App",
      "--alias",
      "app",
      "--landing",
      "merge",
      "--check",
      "test -s hello.txt",
    ]);
    call(SLUICE, ["repo", "add", ".", "-p", "app", "--fast-forward"]);
    call(SLUICE, ["item", "add", "-t", "Greet the visitor", "-p", "app", "--lane", "autonomous_safe"]);
  });
  afterEach(async () => {
    rmSync(dir, { recursive: true, force: true });
    await Promise.all(models.map((model) => model.close()));
  });

  test("RN50 an item goes from the brief through the agent's own report to the target branch and done", async () => {
    const change = "echo hello > hello.txt && git add hello.txt && git commit -qm 'Add a greeting'";
    await work([bash(`${change} && sluice finish --note 'Greets now'`), { text: "The greeting is in." }]);
    expect(models[0]?.requests[0]).toContain("Greet the visitor");
    expect(call("git", ["show", "main:hello.txt"])).toBe("hello\n");
    expect(call("git", ["log", "-1", "--format=%an <%ae>%n%B", "main"])).toMatch(
      /^Ada <ada@example.test>\n.*OB-1/s,
    );
    expect(call("git", ["log", "--format=%B%an%cn", "main"])).not.toMatch(/claude|anthropic/i);
    expect(item().state).toBe("done");
    const usage = { input_tokens: 2 * TURN_USAGE.input, output_tokens: 2 * TURN_USAGE.output };
    expect(runs()).toMatchObject([{ holder: "ai:claude-code", outcome: "changed", usage }]);
  });

  test("RN50 an agent's refusal blocks its item with the reason, and lands nothing", async () => {
    await work([bash("sluice block --note 'There is no visitor to greet'"), { text: "Blocked it." }]);
    expect(item().state).toBe("blocked");
    expect(runs()).toMatchObject([{ outcome: "blocked" }]);
    expect(call(SLUICE, ["item", "show", "OB-1"])).toContain("There is no visitor to greet");
    expect(call("git", ["rev-list", "--count", "main"])).toBe("1\n");
  });

  test("RN51 a worker killed while the agent works leaves nothing behind that the next one does not end and finish", async () => {
    const change =
      "echo hello > hello.txt && git add hello.txt && git commit -qm 'Add a greeting' && sluice finish --note ok";
    const hang = "echo $$ > $HOME/shell.pid; sleep 600";
    const turns = [bash(`if [ -e $HOME/shell.pid ]; then ${change}; else ${hang}; fi`), { text: "Done." }];
    const first = startWork(turns);
    const shell = await pidIn(join(dir, "home", "shell.pid"));
    expect(existsSync(`/proc/${shell}`)).toBe(true);
    first.kill("SIGKILL");
    await work(turns);
    expect(existsSync(`/proc/${shell}`)).toBe(false);
    expect(item().state).toBe("done");
    expect(call("git", ["show", "main:hello.txt"])).toBe("hello\n");
    expect(call("git", ["rev-list", "--count", "main"])).toBe("2\n");
    expect(runs().toReversed()).toMatchObject([{ outcome: "interrupted" }, { outcome: "changed" }]);
  });

  test("RN52 an API that refuses the key costs the item nothing, and opens the runner's breaker", async () => {
    const child = startWork([{ error: { status: 401, type: "authentication_error" } }]);
    const output = outputOf(child);
    await output.until('"breaker_open"');
    child.kill("SIGTERM");
    expect(await output.exitCode).toBe(0);
    expect(runs()).toMatchObject([1, 2, 3].map(() => ({ outcome: "runner_failed" })));
    expect(item()).toMatchObject({ state: "open", attempts: 0 });
    expect(call("git", ["rev-list", "--count", "main"])).toBe("1\n");
  });
});

function bash(command: string): ModelTurn {
  return { tools: [{ name: "Bash", input: { command, description: "Work" } }] };
}

function item(): { readonly state: string; readonly attempts: number } {
  const shown = z.object({ item: z.object({ state: z.string(), attempts: z.number() }) });
  return shown.parse(JSON.parse(call(SLUICE, ["item", "show", "OB-1", "--json"]))).item;
}

function runs(): readonly unknown[] {
  return z.object({ runs: z.array(z.unknown()) }).parse(JSON.parse(call(SLUICE, ["run", "list", "--json"])))
    .runs;
}

/** Drains the backlog with these answers of the model. */
async function work(turns: readonly ModelTurn[]): Promise<void> {
  const output = outputOf(startWork(turns));
  const code = await output.exitCode;
  if (code !== 0) throw new Error(`sluice work ended with ${code}:\n${output.text()}`);
}

interface Output {
  text(): string;
  /** Resolves when this text has been printed, or the program has ended. */
  until(text: string): Promise<void>;
  readonly exitCode: Promise<number | null>;
}

function outputOf(child: ChildProcess): Output {
  let text = "";
  const waiting = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    text += chunk.toString();
    waiting.forEach((look) => look());
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const exit = Promise.withResolvers<number | null>();
  child.once("close", exit.resolve);
  const until = (wanted: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.add(() => text.includes(wanted) && resolve());
    child.once("close", () => resolve());
    return promise;
  };
  return { text: () => text, until, exitCode: exit.promise };
}

function startWork(turns: readonly ModelTurn[]): ChildProcess {
  const server = startModelServer(turns);
  models.push(server);
  const env = { ...cleanEnv(), ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "dummy" };
  const args = ["work", "--runner", `claude-code=${program}`, "--until-empty"];
  return spawn(SLUICE, args, { cwd: join(dir, "repo"), env, stdio: ["ignore", "pipe", "pipe"] });
}

function call(command: string, args: readonly string[]): string {
  const done = spawnSync(command, [...args], { cwd: join(dir, "repo"), env: cleanEnv(), encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

function cleanEnv(): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: join(dir, "home"),
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
  };
}
