import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { LaunchRequest, RunnerEvent, RunnerResult } from "#operations/ports/launcher.ts";
import type { CodexRunnerSpec } from "#operations/ports/runner-spec.ts";
import { codexEvents } from "#runners/codex.ts";
import { type LaunchBench, openLaunchBench } from "#test/launch.ts";

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench({
    hostEnv: { PATH: "/usr/bin:/bin", CODEX_API_KEY: "dummy-key", ANTHROPIC_API_KEY: "of-another" },
    lingerMs: 1_000,
  });
});
afterEach(() => bench.close());

/** As Codex 0.169.0 printed them, shortened. */
const STARTED = { type: "thread.started", thread_id: "01a1fc61-cf82-77a3-a3e6-9eb87237ac03" };
const WARNING = { type: "item.completed", item: { id: "item_0", type: "error", message: "Model metadata" } };
const MESSAGE = { type: "item.completed", item: { id: "item_1", type: "agent_message", text: "All in." } };
const COMMAND = {
  type: "item.completed",
  item: { id: "item_2", type: "command_execution", command: "ls", aggregated_output: "", exit_code: 0 },
};
const MCP_CALL = {
  type: "item.completed",
  item: { id: "item_3", type: "mcp_tool_call", server: "sluice", tool: "note", status: "completed" },
};
const COMPLETED = {
  type: "turn.completed",
  usage: {
    input_tokens: 2400,
    cached_input_tokens: 400,
    cache_write_input_tokens: 0,
    output_tokens: 100,
    reasoning_output_tokens: 0,
  },
};

const failed = (message: string) => ({ type: "turn.failed", error: { message } });

/** Runs a stand-in for the program that prints these events and then does what `then` says. */
async function play(
  events: readonly unknown[],
  then = "exit 0",
): Promise<{ result: RunnerResult; seen: RunnerEvent[] }> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const program = bench.script("codex", `#!/bin/sh\ncat <<'EVENTS'\n${lines}EVENTS\n${then}\n`);
  const seen: RunnerEvent[] = [];
  const run = await bench.start({ kind: "codex", program }, { onEvent: (event) => seen.push(event) });
  return { result: await run.result, seen };
}

/** What the program was started with. */
async function launched(
  spec: Partial<CodexRunnerSpec>,
  options: Partial<LaunchRequest>,
): Promise<{ args: readonly string[]; env: readonly string[]; stdin: string }> {
  const program = bench.script(
    "codex",
    '#!/bin/sh\nprintf "%s\\0" "$@" > args; env > env.txt; cat > stdin.txt\n',
  );
  await (
    await bench.start({ kind: "codex", program, ...spec }, options)
  ).result;
  const read = (file: string): string => readFileSync(join(bench.dir, file), "utf8");
  return { args: read("args").split("\0"), env: read("env.txt").split("\n"), stdin: read("stdin.txt") };
}

test("RN62 takes a completed turn for completed, with session, last words and tokens", async () => {
  const { result, seen } = await play([STARTED, WARNING, MESSAGE, COMMAND, MCP_CALL, COMPLETED]);
  expect(result).toMatchObject({
    ending: "completed",
    terminalEvent: true,
    message: "All in.",
    sessionId: STARTED.thread_id,
    usage: { inputTokens: 2000, outputTokens: 100, cacheReadTokens: 400, cacheWriteTokens: 0 },
    costUsd: undefined,
  });
  expect(seen.map((event) => event.type)).toEqual(["session", "message", "tool", "tool", "ended"]);
  expect(seen).toContainEqual({ type: "tool", name: "sluice.note" });
});

test("RN62 takes no exit code for the end of a turn", async () => {
  for (const then of ["exit 0", "exit 1", "exit 143", "kill -9 $$"]) {
    const { result } = await play([STARTED, MESSAGE], then);
    expect(result).toMatchObject({ ending: "interrupted", terminalEvent: false });
  }
  const { result } = await play([], "echo 'Not inside a trusted directory' >&2; exit 1");
  expect(result.ending).toBe("runner_failed");
  expect(result.message).toContain("Not inside a trusted directory");
});

test("RN62 takes API errors for the runner's fault, a request refused after answers for the session's", async () => {
  const cases = [
    { events: [], message: "unexpected status 401 Unauthorized", ending: "runner_failed" },
    { events: [MESSAGE], message: "unexpected status 503 Service Unavailable", ending: "runner_failed" },
    { events: [], message: "unexpected status 400 Bad Request", ending: "runner_failed" },
    { events: [MESSAGE], message: "stream disconnected before completion", ending: "runner_failed" },
    { events: [MESSAGE], message: "unexpected status 400 Bad Request", ending: "failed" },
  ];
  for (const { events, message, ending } of cases) {
    const retry = { type: "error", message: `Reconnecting... 1/1 (${message})` };
    const { result, seen } = await play([STARTED, ...events, retry, failed(message)], "exit 1");
    expect(result).toMatchObject({ ending, message, terminalEvent: true });
    expect(seen.map((event) => event.type)).toContain("retry");
  }
});

test("starts headless and alone: brief on stdin, no settings of the operator's, telemetry off, its own key", async () => {
  const brief = "--dangerously-bypass-approvals-and-sandbox";
  const { args, env, stdin } = await launched({ model: "o3", config: ['x.y="z"'] }, { brief });
  expect(stdin).toBe(brief);
  expect(args).not.toContain(brief);
  expect(args.slice(0, 10).join(" ")).toBe(
    "exec --json --ignore-user-config --ignore-rules --disable plugins --disable apps --sandbox workspace-write",
  );
  expect(args.slice(-4)).toEqual(["--model", "o3", "-", ""]);
  for (const setting of ["analytics.enabled=false", 'approval_policy="never"', 'x.y="z"'])
    expect(args[args.indexOf(setting) - 1]).toBe("-c");
  expect(args).toContain('shell_environment_policy.exclude=["*_API_KEY"]');
  expect(env).toContain("CODEX_API_KEY=dummy-key");
  expect(env.join()).not.toContain("of-another");
});

test("RN61 opens the sandbox for git's directories and the workspace, and for the network only if told", async () => {
  const dirs = ['/repo/with "quotes"/.git', "/repo/.git/worktrees/R-1"];
  const { args } = await launched({}, { reach: { dirs, network: false } });
  expect(args).toContain(
    'sandbox_workspace_write.writable_roots=["/repo/with \\"quotes\\"/.git","/repo/.git/worktrees/R-1"]',
  );
  expect(args).toContain("sandbox_workspace_write.network_access=false");
  expect(args).toContain("sandbox_workspace_write.exclude_slash_tmp=true");
  const server = await launched({}, { reach: { dirs: [], network: true } });
  expect(server.args).toContain("sandbox_workspace_write.network_access=true");
  expect((await launched({}, {})).args).toContain("sandbox_workspace_write.network_access=false");
});

test("hands the run's own tool server over with its secrets in the environment alone", async () => {
  const mcp = { name: "sluice", program: "/opt/sluice", args: ["mcp"], env: { SLUICE_LEASE: "lease-12345" } };
  const { args, env } = await launched({}, { mcp });
  expect(args).toContain('mcp_servers.sluice.command="/opt/sluice"');
  expect(args).toContain('mcp_servers.sluice.args=["mcp"]');
  expect(args).toContain('mcp_servers.sluice.env_vars=["SLUICE_LEASE"]');
  expect(args).toContain("mcp_servers.sluice.required=true");
  expect(args).toContain('mcp_servers.sluice.default_tools_approval_mode="approve"');
  expect(args.join()).not.toContain("lease-12345");
  expect(env).toContain("SLUICE_LEASE=lease-12345");
});

test("RN62 never fails on a line, whatever it holds", () => {
  const near = fc.record({
    type: fc.constantFrom("thread.started", "item.completed", "turn.completed", "turn.failed", "error"),
    item: fc.jsonValue(),
    usage: fc.jsonValue(),
    error: fc.jsonValue(),
  });
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    near.map((event) => JSON.stringify(event)),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const parse = codexEvents();
      for (const text of lines) expect(Array.isArray(parse(text))).toBe(true);
    }),
  );
});
