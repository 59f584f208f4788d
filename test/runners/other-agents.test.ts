import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { LaunchRequest, RunnerEvent, RunnerResult } from "#operations/ports/launcher.ts";
import { geminiEvents } from "#runners/gemini.ts";
import { grokEvents } from "#runners/grok.ts";
import { openCodeEvents } from "#runners/opencode.ts";
import { type LaunchBench, openLaunchBench } from "#test/launch.ts";

type Kind = "opencode" | "gemini" | "grok";

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench({
    hostEnv: {
      PATH: "/usr/bin:/bin",
      GEMINI_API_KEY: "dummy-of-gemini",
      XAI_API_KEY: "dummy-of-grok",
      AWS_SECRET_ACCESS_KEY: "of-another",
    },
    lingerMs: 1_000,
  });
});
afterEach(() => bench.close());

/** As OpenCode 1.18.33, Gemini CLI 0.61.0 and Grok 1.0.41 printed them, shortened: a change, then an API that refuses the key. */
const RECORDED = {
  opencode: {
    session: "ses_e0392644affeiifcOTawK76u24",
    begun: [
      { type: "step_start", sessionID: "ses_e0392644affeiifcOTawK76u24", part: { type: "step-start" } },
      {
        type: "text",
        sessionID: "ses_e0392644affeiifcOTawK76u24",
        part: { type: "text", text: "Let me look." },
      },
      {
        type: "tool_use",
        sessionID: "ses_e0392644affeiifcOTawK76u24",
        part: { type: "tool", tool: "bash", state: { status: "completed", input: { command: "ls" } } },
      },
      {
        type: "step_finish",
        sessionID: "ses_e0392644affeiifcOTawK76u24",
        part: {
          reason: "tool-calls",
          tokens: { total: 1250, input: 1000, output: 50, reasoning: 0, cache: { write: 0, read: 200 } },
          cost: 0.004,
        },
      },
      { type: "text", sessionID: "ses_e0392644affeiifcOTawK76u24", part: { type: "text", text: "All in." } },
    ],
    end: {
      type: "step_finish",
      sessionID: "ses_e0392644affeiifcOTawK76u24",
      part: {
        reason: "stop",
        tokens: { total: 1250, input: 1000, output: 50, reasoning: 0, cache: { write: 0, read: 200 } },
        cost: 0.004,
      },
    },
    refused: (status: number) => ({
      type: "error",
      sessionID: "ses_e0392644affeiifcOTawK76u24",
      error: {
        name: "APIError",
        data: { message: `scripted ${status}`, statusCode: status, isRetryable: false },
      },
    }),
    costUsd: 0.008,
  },
  gemini: {
    session: "bbe9bb18-4848-4a05-a719-58e3fe3eef1b",
    begun: [
      { type: "init", session_id: "bbe9bb18-4848-4a05-a719-58e3fe3eef1b", model: "gemini-2.5-flash" },
      { type: "message", role: "user", content: "# OB-1" },
      { type: "message", role: "assistant", content: "Let me look.", delta: true },
      { type: "tool_use", tool_name: "run_shell_command", tool_id: "1", parameters: { command: "ls" } },
      { type: "tool_result", tool_id: "1", status: "success", output: "" },
      { type: "message", role: "assistant", content: "All ", delta: true },
      { type: "message", role: "assistant", content: "in.", delta: true },
    ],
    end: {
      type: "result",
      status: "success",
      stats: { total_tokens: 2500, input_tokens: 2400, output_tokens: 100, cached: 400, input: 2000 },
    },
    refused: (status: number) => ({
      type: "result",
      status: "error",
      error: {
        type: "unknown",
        message: `[API Error: {"error":{"code":${status},"message":"scripted ${status}"}}]`,
      },
      stats: { total_tokens: 0, input_tokens: 0, output_tokens: 0, cached: 0, input: 0 },
    }),
    costUsd: undefined,
  },
  grok: {
    session: "01a1fc6d-5e5a-74f1-bf13-ccb5964828f0",
    begun: [
      {
        type: "system",
        subtype: "init",
        session_id: "01a1fc6d-5e5a-74f1-bf13-ccb5964828f0",
        mcp_servers: [],
      },
      {
        type: "assistant",
        message: {
          content: [
            { type: "text", text: "Let me look." },
            { type: "tool_use", id: "1", name: "run_terminal_command", input: { command: "ls" } },
          ],
        },
      },
      { type: "user", message: { content: [{ type: "tool_result", tool_use_id: "1", content: "" }] } },
      { type: "assistant", message: { content: [{ type: "text", text: "All in." }] } },
    ],
    end: {
      type: "result",
      subtype: "success",
      is_error: false,
      num_turns: 2,
      result: "All in.",
      total_cost_usd: 0,
      usage: { input_tokens: 2000, output_tokens: 100, cache_read_input_tokens: 400 },
    },
    refused: (status: number, turns: number) => ({
      type: "result",
      subtype: "error_during_execution",
      is_error: true,
      num_turns: turns,
      total_cost_usd: 0,
      usage: { input_tokens: 0, output_tokens: 0 },
      errors: [`Internal error: "Refused (${status}) from the API: scripted ${status}"`],
    }),
    costUsd: undefined,
  },
} as const;

/** Runs a stand-in for the program that prints these events and then does what `then` says. */
async function play(
  kind: Kind,
  events: readonly unknown[],
  then = "exit 0",
): Promise<{ result: RunnerResult; seen: RunnerEvent[] }> {
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const program = bench.script(kind, `#!/bin/sh\ncat <<'EVENTS'\n${lines}EVENTS\n${then}\n`);
  const seen: RunnerEvent[] = [];
  const run = await bench.start({ kind, program }, { onEvent: (event) => seen.push(event) });
  return { result: await run.result, seen };
}

async function launched(
  kind: Kind,
  options: Partial<LaunchRequest>,
): Promise<{ args: readonly string[]; env: readonly string[]; stdin: string }> {
  const text = '#!/bin/sh\nprintf "%s\\0" "$@" > args; env > env.txt; cat > stdin.txt\n';
  const program = bench.script(kind, `${text}cp "$TMPDIR/opencode.json" . 2>/dev/null\n`);
  await (
    await bench.start({ kind, program, model: "m-1" }, options)
  ).result;
  const read = (file: string): string => readFileSync(join(bench.dir, file), "utf8");
  return { args: read("args").split("\0"), env: read("env.txt").split("\n"), stdin: read("stdin.txt") };
}

test.each(["opencode", "gemini", "grok"] as const)("RN65 takes the last word of %s alone", async (kind) => {
  const { session, begun, end, costUsd } = RECORDED[kind];
  const { result, seen } = await play(kind, [...begun, end]);
  expect(result).toMatchObject({
    ending: "completed",
    terminalEvent: true,
    message: "All in.",
    sessionId: session,
    usage: { inputTokens: 2000, outputTokens: 100, cacheReadTokens: 400, cacheWriteTokens: 0 },
    costUsd,
  });
  expect(seen[0]?.type).toBe("session");
  expect(seen.filter((event) => event.type === "tool")).toHaveLength(1);
  for (const then of ["exit 0", "exit 143", "kill -9 $$"])
    expect((await play(kind, begun, then)).result).toMatchObject({
      ending: "interrupted",
      terminalEvent: false,
    });
  expect((await play(kind, [], "echo 'no key' >&2; exit 1")).result).toMatchObject({
    ending: "runner_failed",
  });
});

test.each(["opencode", "gemini", "grok"] as const)(
  "RN65 tells whose fault a refusal to %s is",
  async (kind) => {
    const { begun, refused } = RECORDED[kind];
    const first = begun.slice(0, 1);
    for (const { events, status, turns, ending } of [
      { events: first, status: 401, turns: 0, ending: "runner_failed" },
      { events: begun, status: 503, turns: 1, ending: "runner_failed" },
      { events: first, status: 400, turns: 0, ending: "runner_failed" },
      { events: begun, status: 400, turns: 1, ending: "failed" },
    ] as const) {
      const { result } = await play(kind, [...events, refused(status, turns)], "exit 1");
      expect(result).toMatchObject({ ending, terminalEvent: true });
      expect(result.message).toContain(`scripted ${status}`);
    }
  },
);

test("OpenCode starts headless: brief on stdin, permissions decided, the tool server in a private file", async () => {
  const mcp = { name: "sluice", program: "/opt/sluice", args: ["mcp"], env: { SLUICE_LEASE: "lease-12345" } };
  const { args, env, stdin } = await launched("opencode", { brief: "--auto", mcp });
  expect(args.slice(0, -1)).toEqual(["run", "--format", "json", "--model", "m-1"]);
  expect(stdin).toBe("--auto");
  expect(env).toContain(`OPENCODE_CONFIG=${join(bench.dir, "run", "tmp", "opencode.json")}`);
  expect(env).toContain("OPENCODE_DISABLE_AUTOUPDATE=1");
  expect(env.join()).not.toContain("of-another");
  expect(JSON.parse(readFileSync(join(bench.dir, "opencode.json"), "utf8"))).toMatchObject({
    share: "disabled",
    permission: { bash: "allow", edit: "allow", webfetch: "deny" },
    mcp: { sluice: { command: ["/opt/sluice", "mcp"], environment: mcp.env, enabled: true } },
  });
});

test("Gemini CLI starts headless: brief on stdin, one process, its own key", async () => {
  const { args, env, stdin } = await launched("gemini", { brief: "--sandbox" });
  expect(args.slice(0, -1)).toEqual([
    "--output-format",
    "stream-json",
    "--approval-mode",
    "yolo",
    "--model",
    "m-1",
  ]);
  expect(stdin).toBe("--sandbox");
  expect(env).toContain("GEMINI_CLI_NO_RELAUNCH=true");
  expect(env).toContain("GEMINI_API_KEY=dummy-of-gemini");
  expect(env.join()).not.toContain("of-another");
});

test("Grok starts headless: brief in its file, no search of the web, telemetry off, its own key", async () => {
  const { args, env, stdin } = await launched("grok", { brief: "--sandbox" });
  expect(args.slice(0, 3)).toEqual(["--prompt-file", join(bench.dir, "run", "brief.md"), "--verbatim"]);
  expect(args.slice(-5, -1)).toEqual(["--always-approve", "--disable-web-search", "--model", "m-1"]);
  expect(stdin).toBe("");
  expect(env).toContain("GROK_TELEMETRY_ENABLED=0");
  expect(env).toContain("XAI_API_KEY=dummy-of-grok");
  expect(env.join()).not.toContain("dummy-of-gemini");
});

test("Grok gets the tool server in a private file, as an agent of its own kind", async () => {
  const mcp = { name: "sluice", program: "/opt/sluice", args: ["mcp"], env: { SLUICE_LEASE: "lease-12345" } };
  const file = join(bench.dir, "run", "tmp", "agent.md");
  const text = `#!/bin/sh\nprintf "%s\\0" "$@" > args; stat -c %a '${file}' > mode; cat '${file}' > agent\n`;
  const program = bench.script("grok", text);
  await (
    await bench.start({ kind: "grok", program }, { mcp })
  ).result;
  const read = (name: string): string => readFileSync(join(bench.dir, name), "utf8");
  expect(read("args")).toContain(`--agent\0${file}\0`);
  expect(read("args")).not.toContain("lease-12345");
  expect(read("mode")).toBe("600\n");
  const server = { command: "/opt/sluice", args: ["mcp"], env: mcp.env };
  expect(read("agent")).toContain('promptMode: "extend"\n');
  expect(read("agent")).toContain(`mcpServers: ${JSON.stringify([{ sluice: server }])}\n---\n`);
});

test("a server of the operator's that is dead is no fault of Grok's run", async () => {
  const { begun, end } = RECORDED.grok;
  const dead = { ...begun[0], mcp_servers: [{ name: "theirs", status: "failed" }] };
  expect((await play("grok", [dead, ...begun.slice(1), end])).result).toMatchObject({ ending: "completed" });
});

test("RN65 never fails on a line, whatever it holds", () => {
  const near = fc.record({
    type: fc.constantFrom("init", "message", "result", "step_finish", "tool_use", "error", "text"),
    part: fc.jsonValue(),
    error: fc.jsonValue(),
    stats: fc.jsonValue(),
    sessionID: fc.string(),
  });
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    near.map((event) => JSON.stringify(event)),
  );
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      for (const parse of [openCodeEvents(), geminiEvents(), grokEvents])
        for (const text of lines) expect(Array.isArray(parse(text))).toBe(true);
    }),
  );
});
