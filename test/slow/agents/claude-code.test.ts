import { afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LaunchRequest, RunHandle, RunnerEvent } from "#operations/ports/launcher.ts";
import type { ClaudeCodeRunnerSpec } from "#operations/ports/runner-spec.ts";
import { type LaunchBench, openLaunchBench, pidIn } from "#test/launch.ts";
import { type ModelServer, startModelServer } from "#test/model-server.ts";
import { type ModelTurn, TURN_USAGE } from "#test/model-turn.ts";
import { installAgent, isSkipped } from "./install-agent.ts";

const VERSION = "2.1.329";
const INSTALL_LIMIT_MS = 600_000;

/** Git as on no machine: no configuration of the person or the system, an author of our own. */
const GIT = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.test",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.test",
};

/** The least of a tool server: one tool, which writes its call down and answers with its secret. */
const TOOL_SERVER = `
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "t", version: "1" } }),
  "tools/list": () => ({ tools: [{ name: "item_note", inputSchema: { type: "object", properties: { text: { type: "string" } } } }] }),
  "tools/call": ({ arguments: { text } }) => {
    appendFileSync(process.env.CALLS, process.env.SLUICE_LEASE + " " + text + "\\n");
    return { content: [{ type: "text", text: "noted with " + process.env.SLUICE_LEASE }] };
  },
};
createInterface({ input: process.stdin }).on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) return;
  const known = answers[method];
  const body = known ? { result: known(params) } : { error: { code: -32601, message: "not known" } };
  process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, ...body }) + "\\n");
}).on("close", () => process.exit(0));
`;

let program: string;
let bench: LaunchBench;
let model: ModelServer | undefined;

describe.skipIf(isSkipped("claude-code"))("the real Claude Code", () => {
  beforeAll(() => {
    const platform = `${process.platform}-${process.arch}`;
    program = installAgent(`@anthropic-ai/claude-code-${platform}`, VERSION, "claude");
  }, INSTALL_LIMIT_MS);
  beforeEach(() => {
    model = undefined;
    // In a namespace the kernel ends what is left; here it is found and ended by its marks.
    bench = openLaunchBench({ processTree: "marks" });
    mkdirSync(join(bench.dir, "home"));
    mkdirSync(join(bench.dir, "bin"));
    mkdirSync(join(bench.dir, "repo"));
    git("init", "--quiet", "--initial-branch=main");
  });
  afterEach(async () => {
    await bench.close();
    await model?.close();
  });

  test("RN30 edits, commits through its shell, reports, and is completed with its tokens", async () => {
    bench.script("bin/sluice", '#!/bin/sh\necho "$SLUICE_RUN $*" >> "$CALLS"\n');
    const commit =
      "git add hello.txt && git commit --quiet -m 'OB-1 add a greeting' && sluice finish --outcome changed";
    const { run, events } = await play([
      {
        text: "Writing.",
        tools: [{ name: "Write", input: { file_path: inRepo("hello.txt"), content: "hello\n" } }],
      },
      { tools: [{ name: "Bash", input: { command: commit, description: "Commit and report" } }] },
      { text: "All done." },
    ]);
    const result = await run.result;
    expect(result).toMatchObject({
      ending: "completed",
      terminalEvent: true,
      exitCode: 0,
      message: "All done.",
      runnerVersion: VERSION,
      denials: undefined,
      usage: {
        inputTokens: 3 * TURN_USAGE.input,
        outputTokens: 3 * TURN_USAGE.output,
        cacheReadTokens: 3 * TURN_USAGE.cacheRead,
        cacheWriteTokens: 3 * TURN_USAGE.cacheWrite,
      },
    });
    expect(result.costUsd).toBeGreaterThan(0);
    expect(result.sessionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(git("log", "--format=%an <%ae>|%B")).toBe("Ada <ada@example.test>|OB-1 add a greeting\n\n");
    expect(git("show", "HEAD:hello.txt")).toBe("hello\n");
    expect(readFileSync(join(bench.dir, "calls"), "utf8")).toBe("R-1 finish --outcome changed\n");
    expect(events.map((event) => event.type)).toEqual([
      "session",
      "message",
      "tool",
      "tool",
      "message",
      "ended",
    ]);
  });

  test("RN36 gets the brief whole, is told of no trailer, and keeps out of the operator's settings", async () => {
    const settings = { env: { FROM_OPERATOR: "1" }, hooks: {} };
    mkdirSync(join(bench.dir, "home", ".claude"));
    writeFileSync(join(bench.dir, "home", ".claude", "settings.json"), JSON.stringify(settings));
    const brief = `--help me.\n${"x".repeat(200_000)}\nThe end of the brief.`;
    const { run } = await play(
      [
        { tools: [{ name: "Bash", input: { command: "env > env.txt", description: "Look" } }] },
        { text: "Done." },
      ],
      { brief },
    );
    expect((await run.result).ending).toBe("completed");
    const sent = model?.requests[0] ?? "";
    expect(sent).toContain("--help me.");
    expect(sent).toContain("The end of the brief.");
    expect(sent).not.toContain("Co-Authored-By");
    const env = readFileSync(inRepo("env.txt"), "utf8");
    expect(env).not.toContain("FROM_OPERATOR");
    expect(env).toContain(`SLUICE_RUN_TOKEN=${bench.token}`);
  });

  test("RN30 keeps the names of the tools that were refused", async () => {
    const { run, events } = await play([
      { tools: [{ name: "WebFetch", input: { url: "http://127.0.0.1:9/", prompt: "x" } }] },
      { text: "Then without." },
    ]);
    expect(await run.result).toMatchObject({ ending: "completed", denials: ["WebFetch"] });
    expect(events).toContainEqual({ type: "denied", tool: "WebFetch" });
  });

  test.each([
    { status: 401, type: "authentication_error" },
    { status: 529, type: "overloaded_error" },
  ])("RN32 is the runner's failure where the API answers $status", async (error) => {
    const { run } = await play([{ error }]);
    const result = await run.result;
    expect(result).toMatchObject({ ending: "runner_failed", terminalEvent: true });
    expect(result.message).toContain(String(error.status));
  });

  test("is the runner's failure where its MCP server does not start", async () => {
    const mcpConfigFile = join(bench.dir, "mcp.json");
    const server = { type: "stdio", command: join(bench.dir, "no-such-server"), args: [] };
    writeFileSync(mcpConfigFile, JSON.stringify({ mcpServers: { backlog: server } }));
    const { run } = await play([{ text: "Done." }], {}, { mcpConfigFile });
    const result = await run.result;
    expect(result.ending).toBe("runner_failed");
    expect(result.message).toContain("backlog");
  });

  test("calls the run's own tool server, which gets the secret that the log does not", async () => {
    const server = bench.script("tool-server.mjs", TOOL_SERVER);
    const calls = join(bench.dir, "mcp-calls");
    const env = { CALLS: calls, SLUICE_LEASE: "lease-of-this-run" };
    const mcp = { name: "backlog", program: process.execPath, args: [server], env };
    const tool = { name: "mcp__backlog__item_note", input: { text: "halfway" } };
    const { run } = await play([{ tools: [tool] }, { text: "Noted." }], { mcp });
    expect(await run.result).toMatchObject({ ending: "completed", denials: undefined });
    expect(readFileSync(calls, "utf8")).toBe("lease-of-this-run halfway\n");
    expect(bench.log()).toContain("noted with [redacted]");
  });

  test("is ended with its shell at its time-out", async () => {
    const { run } = await play([longCommand()], { timeoutMs: 4_000 });
    expect((await run.result).ending).toBe("timed_out");
    expect(bench.launcher.findRunProcesses({ token: bench.token })).toEqual([]);
  });

  test("is stalled where the model never answers", async () => {
    const { run } = await play([{ hang: true }], { stallMs: 3_000 });
    expect((await run.result).ending).toBe("stalled");
  });

  test("is interrupted by a stranger's SIGKILL, and its shell that lives on is ended", async () => {
    const { run } = await play([longCommand()]);
    const shell = await pidIn(inRepo("shell.pid"));
    process.kill(run.process?.pid ?? 0, "SIGKILL");
    const result = await run.result;
    expect(result).toMatchObject({ ending: "interrupted", signal: "SIGKILL", terminalEvent: false });
    expect(result.survivorsEnded).toBeGreaterThan(0);
    expect(bench.launcher.processIdentity(shell)).toBeUndefined();
  });

  test("is found with its version", async () => {
    const found = await bench.launcher.detect({ kind: "claude-code", program });
    expect(found).toEqual({ present: true, path: program, version: VERSION });
  });
});

async function play(
  turns: readonly ModelTurn[],
  options: Partial<LaunchRequest> = {},
  spec: Partial<ClaudeCodeRunnerSpec> = {},
): Promise<{ readonly run: RunHandle; readonly events: readonly RunnerEvent[] }> {
  model = startModelServer(turns);
  const events: RunnerEvent[] = [];
  const run = await bench.start(
    { kind: "claude-code", program, ...spec },
    {
      cwd: join(bench.dir, "repo"),
      onEvent: (event) => events.push(event),
      timeoutMs: 90_000,
      stallMs: 90_000,
      env: {
        ...GIT,
        HOME: join(bench.dir, "home"),
        PATH: `${join(bench.dir, "bin")}:/usr/bin:/bin`,
        CALLS: join(bench.dir, "calls"),
        ANTHROPIC_BASE_URL: model.url,
        ANTHROPIC_API_KEY: "dummy",
        CLAUDE_CODE_MAX_RETRIES: "1",
      },
      ...options,
    },
  );
  return { run, events };
}

function longCommand(): ModelTurn {
  const command = "echo $$ > shell.pid; sleep 600";
  return { tools: [{ name: "Bash", input: { command, description: "Wait" } }] };
}

function inRepo(file: string): string {
  return join(bench.dir, "repo", file);
}

function git(...args: readonly string[]): string {
  const cwd = join(bench.dir, "repo");
  const env = { ...GIT, PATH: "/usr/bin:/bin", HOME: join(bench.dir, "home") };
  const done = spawnSync("git", [...args], { cwd, env, encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return done.stdout;
}
