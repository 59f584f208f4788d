import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { RunnerEvent, RunnerResult } from "#operations/ports/launcher.ts";
import { claudeCodeEvents } from "#runners/claude-code.ts";
import { type LaunchBench, openLaunchBench } from "#test/launch.ts";

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench({
    hostEnv: { PATH: "/usr/bin:/bin", ANTHROPIC_API_KEY: "dummy-key" },
    lingerMs: 1_000,
  });
});
afterEach(() => bench.close());

const INIT = {
  type: "system",
  subtype: "init",
  session_id: "s-1",
  claude_code_version: "2.1.329",
  mcp_servers: [{ name: "backlog", status: "connected" }],
};

const RESULT = {
  duration_api_ms: 164,
  total_cost_usd: 0.0277,
  usage: {
    input_tokens: 5000,
    output_tokens: 250,
    cache_read_input_tokens: 1000,
    cache_creation_input_tokens: 500,
  },
  permission_denials: [],
  terminal_reason: "completed",
  is_error: false,
  subtype: "success",
  api_error_status: null,
  result: "All done.",
  type: "result",
};

/** Runs a stand-in for the program that prints these events and then does what `then` says. */
async function play(
  events: readonly unknown[],
  then = "exit 0",
): Promise<{ result: RunnerResult; seen: RunnerEvent[] }> {
  const lines = events
    .map((event) => `${typeof event === "string" ? event : JSON.stringify(event)}\n`)
    .join("");
  const program = bench.script("claude", `#!/bin/sh\ncat <<'EVENTS'\n${lines}EVENTS\n${then}\n`);
  const seen: RunnerEvent[] = [];
  const run = await bench.start({ kind: "claude-code", program }, { onEvent: (event) => seen.push(event) });
  return { result: await run.result, seen };
}

test("RN30 takes a successful result for completed, with tokens, cost, session, version and denials", async () => {
  const denied = { ...RESULT, permission_denials: [{ tool_name: "WebFetch" }] };
  const { result } = await play([INIT, denied]);
  expect(result).toMatchObject({
    ending: "completed",
    terminalEvent: true,
    message: "All done.",
    usage: { inputTokens: 5000, outputTokens: 250, cacheReadTokens: 1000, cacheWriteTokens: 500 },
    costUsd: 0.0277,
    sessionId: "s-1",
    runnerVersion: "2.1.329",
    denials: ["WebFetch"],
  });
});

test("RN30 counts the tokens of all models where they are told", async () => {
  const model = { inputTokens: 10, outputTokens: 2, cacheReadInputTokens: 3, cacheCreationInputTokens: 4 };
  const { result } = await play([INIT, { ...RESULT, modelUsage: { big: model, small: model } }]);
  expect(result.usage).toEqual({ inputTokens: 20, outputTokens: 4, cacheReadTokens: 6, cacheWriteTokens: 8 });
});

test("RN31 takes an exit without a result for interrupted, whatever the code", async () => {
  for (const then of ["exit 0", "exit 1", "exit 143", "kill -9 $$"]) {
    const { result } = await play([INIT], then);
    expect(result).toMatchObject({ ending: "interrupted", terminalEvent: false });
  }
});

test("RN31 takes an exit before the session began for the runner's fault", async () => {
  const { result } = await play(["not an event"], "echo 'Invalid flag' >&2; exit 1");
  expect(result.ending).toBe("runner_failed");
  expect(result.message).toContain("Invalid flag");
});

test("RN32 takes API errors for the runner's fault, a refused request after answers and spent limits for the session's", async () => {
  const refused = { ...RESULT, is_error: true, terminal_reason: "api_error", result: "API Error" };
  const nothing = { input_tokens: 0, output_tokens: 0 };
  const cases = [
    { ...refused, api_error_status: 401, ending: "runner_failed" },
    { ...refused, api_error_status: 429, ending: "runner_failed" },
    { ...refused, api_error_status: 529, ending: "runner_failed" },
    { ...refused, api_error_status: null, ending: "runner_failed" },
    { ...refused, api_error_status: 400, usage: nothing, ending: "runner_failed" },
    { ...refused, api_error_status: 400, ending: "failed" },
    { ...RESULT, subtype: "error_max_turns", is_error: true, result: undefined, ending: "failed" },
    { ...RESULT, subtype: "error_max_turns", is_error: false, ending: "failed" },
  ];
  for (const { ending, ...event } of cases) {
    const { result } = await play([INIT, event], "exit 1");
    expect([event.subtype, event.api_error_status, result.ending]).toEqual([
      event.subtype,
      event.api_error_status,
      ending,
    ]);
    expect(result.terminalEvent).toBe(true);
  }
});

test("ends a run at once whose MCP server did not start", async () => {
  const dead = { ...INIT, mcp_servers: [{ name: "backlog", status: "failed" }] };
  const { result } = await play([dead], "exec sleep 60");
  expect(result.ending).toBe("runner_failed");
  expect(result.message).toContain("backlog");
});

test("RN34 lets a result stand whose program does not exit, and ends the program", async () => {
  const { result } = await play([INIT, RESULT], "exec sleep 60");
  expect(result).toMatchObject({ ending: "completed", signal: "SIGTERM" });
});

test("RN34 waits for the last word of a program that goes on after a result", async () => {
  const second = JSON.stringify({ ...RESULT, result: "Now all." });
  const more = `echo '${JSON.stringify(INIT)}'; sleep 1.3; echo '${second}'`;
  expect((await play([INIT, RESULT], more)).result).toMatchObject({
    ending: "completed",
    message: "Now all.",
  });
  const cutOff = await play([INIT, RESULT], `echo '${JSON.stringify(INIT)}'; kill -9 $$`);
  expect(cutOff.result).toMatchObject({ ending: "interrupted", terminalEvent: false });
});

test("tells the events in our words, and passes over what it does not know", async () => {
  const { seen } = await play([
    "plain text",
    INIT,
    { type: "rate_limit_event", secret: 1 },
    { type: "assistant", message: { content: [{ type: "text", text: "Hm." }, { type: "thinking" }, 7] } },
    { type: "assistant", message: { content: [{ type: "tool_use", name: "Bash", input: {} }] } },
    { type: "system", subtype: "api_retry", attempt: 1, error_status: 529 },
    { type: "system", subtype: "permission_denied", tool_name: "Write" },
    RESULT,
  ]);
  expect(seen.map((event) => event.type)).toEqual(["session", "message", "tool", "retry", "denied", "ended"]);
});

test("RN20 keeps secrets out of events and message, and no secret breaks an event", async () => {
  const program = bench.script(
    "claude",
    `#!/bin/sh\nprintf '%s\\n' '${JSON.stringify(INIT)}' '${JSON.stringify({ ...RESULT, result: "The key is sk-123456." })}'\n`,
  );
  const seen: RunnerEvent[] = [];
  const run = await bench.start(
    { kind: "claude-code", program },
    { secrets: ["sk-123456", '"type":"result"', "0.0277"], onEvent: (event) => seen.push(event) },
  );
  const result = await run.result;
  expect(result).toMatchObject({ ending: "completed", message: "The key is [redacted].", costUsd: 0.0277 });
  expect(JSON.stringify(seen)).not.toContain("sk-123456");
  expect(bench.log()).not.toContain("sk-123456");
});

test("never fails on a line, whatever it holds", () => {
  const type = fc.constantFrom("system", "assistant", "result", "user");
  const near = fc.record({
    type,
    subtype: fc.constantFrom("init", "success"),
    message: fc.jsonValue(),
    usage: fc.jsonValue(),
  });
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    near.map((event) => JSON.stringify(event)),
  );
  fc.assert(
    fc.property(line, (text) => {
      expect(Array.isArray(claudeCodeEvents(text))).toBe(true);
    }),
  );
});

test("RN36 starts headless and alone: brief on stdin, no settings of the operator's, telemetry off, its own key", async () => {
  const program = bench.script(
    "claude",
    '#!/bin/sh\nprintf "%s\\0" "$@" > args; env > env.txt; cat > stdin.txt\n',
  );
  const mcpConfigFile = join(bench.dir, "mcp.json");
  const run = await bench.start(
    {
      kind: "claude-code",
      program,
      model: "opus",
      maxTurns: 9,
      allowedTools: ["Bash", "Edit"],
      mcpConfigFile,
    },
    { brief: "--dangerously-skip-permissions" },
  );
  await run.result;
  const args = readFileSync(join(bench.dir, "args"), "utf8").split("\0").slice(0, -1);
  expect(args).not.toContain("--dangerously-skip-permissions");
  expect(readFileSync(join(bench.dir, "stdin.txt"), "utf8")).toBe("--dangerously-skip-permissions");
  expect(args.join(" ")).toBe(
    "-p --output-format stream-json --verbose --setting-sources project --strict-mcp-config " +
      '--settings {"attribution":{"commit":"","pr":""}} --permission-mode dontAsk --allowedTools Bash,Edit ' +
      `--mcp-config ${mcpConfigFile} --model opus --max-turns 9`,
  );
  const env = readFileSync(join(bench.dir, "env.txt"), "utf8").split("\n");
  expect(env).toContain("ANTHROPIC_API_KEY=dummy-key");
  expect(env).toContain("DISABLE_TELEMETRY=1");
  expect(env).toContain(`CLAUDE_CODE_TMPDIR=${join(bench.dir, "run", "tmp")}`);
});

test("hands the run's own tool server over in a file that only its owner can read", async () => {
  const program = bench.script(
    "claude",
    '#!/bin/sh\nprintf "%s\\0" "$@" > args\ncp -p "$TMPDIR/mcp.json" mcp.json\n',
  );
  const mcp = {
    name: "backlog",
    program: "/opt/sluice",
    args: ["mcp"],
    env: { SLUICE_LEASE: "lease-12345" },
  };
  const run = await bench.start({ kind: "claude-code", program, mcpConfigFile: "/other.json" }, { mcp });
  await run.result;
  const args = readFileSync(join(bench.dir, "args"), "utf8").split("\0");
  expect(args.slice(args.indexOf("--mcp-config") + 1, args.indexOf("--mcp-config") + 3)).toEqual([
    "/other.json",
    join(bench.dir, "run", "tmp", "mcp.json"),
  ]);
  expect(args[args.indexOf("--allowedTools") + 1]).toEndWith(",mcp__backlog");
  const file = join(bench.dir, "mcp.json");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({
    mcpServers: {
      backlog: { type: "stdio", command: "/opt/sluice", args: ["mcp"], env: mcp.env, alwaysLoad: true },
    },
  });
});

test("finds the program and its version, or says why not", async () => {
  const program = bench.script("claude", "#!/bin/sh\necho '2.1.329 (Claude Code)'\n");
  const { launcher } = bench;
  const found = await launcher.detect({ kind: "claude-code", program });
  expect(found).toEqual({ present: true, path: program, version: "2.1.329" });
  const mute = bench.script("mute", "#!/bin/sh\nexit 1\n");
  expect(await launcher.detect({ kind: "claude-code", program: mute })).toMatchObject({ version: undefined });
  expect(await launcher.detect({ kind: "command", argv: ["sh"] })).toMatchObject({ present: true });
  const absent = await launcher.detect({ kind: "command", argv: ["no-such-program"] });
  expect(absent).toEqual({ present: false, reason: "no-such-program is not on PATH or not executable" });
});
