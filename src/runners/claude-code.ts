import { join } from "node:path";
import { z } from "zod";
import type { RunnerEvent, TerminalEvent, TokenUsage } from "#operations/ports/launcher.ts";
import type { ClaudeCodeRunnerSpec } from "#operations/ports/runner-spec.ts";
import {
  type LaunchPlan,
  faultOf,
  jsonLine,
  classifySilentExit,
  optional,
  type PlanInput,
  type RunnerAdapter,
  tokens,
} from "./adapter.ts";

/** What an agent needs to change a repository and to call `sluice`; all else (web, other MCP servers) is refused. */
const DEFAULT_ALLOWED_TOOLS = [
  "Bash",
  "Edit",
  "Write",
  "Read",
  "Glob",
  "Grep",
  "NotebookEdit",
  "TodoWrite",
  "Task",
];

/** The program's own default of 10 keeps a run waiting for minutes on a key that will never work; our breaker waits better. */
const MAX_RETRIES = "3";

const QUIET = {
  DISABLE_TELEMETRY: "1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_ERROR_REPORTING: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
} as const;

/** Its own ways to sign in, and the addresses that go with them. */
const AUTHENTICATION = [
  "ANTHROPIC_*",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CONFIG_DIR",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
];

const HEADLESS = [
  "--output-format",
  "stream-json",
  "--verbose",
  // Not the operator's own settings, hooks and servers: a run behaves the same on every machine.
  "--setting-sources",
  "project",
  "--strict-mcp-config",
  // The commit is the operator's: no trailer of the agent's.
  "--settings",
  JSON.stringify({ attribution: { commit: "", pr: "" } }),
  // Nobody is there to be asked: what is not allowed is refused at once.
  "--permission-mode",
  "dontAsk",
] as const;

/** Claude Code, headless: `claude -p`, the brief on stdin, events as JSON lines. */
export const claudeCodeAdapter = (spec: ClaudeCodeRunnerSpec): RunnerAdapter => ({
  name: "claude-code",
  program: spec.program ?? "claude",
  versionArgs: ["--version"],
  plan: (input) => plan(spec, input),
  parse: claudeCodeEvents,
  classifyExit: classifySilentExit("Claude Code"),
});

function plan(spec: ClaudeCodeRunnerSpec, input: PlanInput): LaunchPlan {
  const mcpFile = input.mcp === undefined ? undefined : join(input.tempDir, "mcp.json");
  return {
    args: [
      "-p",
      ...HEADLESS,
      ...optional("--resume", input.resume),
      ...optional("--allowedTools", allowedTools(spec, input).join(",")),
      ...optional("--mcp-config", spec.mcpConfigFile, mcpFile),
      ...optional("--model", spec.model),
      ...optional("--max-turns", spec.maxTurns?.toString()),
    ],
    files: mcpFile === undefined ? {} : { [mcpFile]: mcpConfig(input) },
    env: {
      ...QUIET,
      CLAUDE_CODE_MAX_RETRIES: MAX_RETRIES,
      // Else its message socket goes to a folder that all sessions of the machine share.
      CLAUDE_CODE_TMPDIR: input.tempDir,
    },
    inherit: AUTHENTICATION,
    // On stdin and not as an argument: the process list shows arguments to everybody, and one may hold 128 KiB at most.
  };
}

function allowedTools(spec: ClaudeCodeRunnerSpec, input: PlanInput): readonly string[] {
  const tools = spec.allowedTools ?? DEFAULT_ALLOWED_TOOLS;
  return input.mcp === undefined ? tools : [...tools, `mcp__${input.mcp.name}`];
}

/** `alwaysLoad` puts the tools' schemas before the model at once, instead of behind a search for tools. */
function mcpConfig({ mcp }: PlanInput): string {
  if (mcp === undefined) return "{}";
  const server = { type: "stdio", command: mcp.program, args: mcp.args, env: mcp.env, alwaysLoad: true };
  return JSON.stringify({ mcpServers: { [mcp.name]: server } });
}

const Init = z.object({
  type: z.literal("system"),
  subtype: z.literal("init"),
  session_id: z.string(),
  claude_code_version: z.string().optional(),
  mcp_servers: z.array(z.object({ name: z.string(), status: z.string() })).default([]),
});

const Denied = z.object({
  type: z.literal("system"),
  subtype: z.literal("permission_denied"),
  tool_name: z.string(),
});

const Retry = z.object({
  type: z.literal("system"),
  subtype: z.literal("api_retry"),
  attempt: z.number().int(),
  error_status: z.number().int().nullish(),
});

const Assistant = z.object({
  type: z.literal("assistant"),
  message: z.object({ content: z.array(z.unknown()) }),
});

const Text = z.object({ type: z.literal("text"), text: z.string() });
const ToolUse = z.object({ type: z.literal("tool_use"), name: z.string() });

const Result = z.object({
  type: z.literal("result"),
  subtype: z.string(),
  is_error: z.boolean(),
  result: z.string().optional(),
  terminal_reason: z.string().nullish(),
  api_error_status: z.number().int().nullish(),
  total_cost_usd: z.number().nonnegative().optional(),
  permission_denials: z.array(z.object({ tool_name: z.string() })).default([]),
  usage: z
    .object({
      input_tokens: tokens,
      output_tokens: tokens,
      cache_read_input_tokens: tokens,
      cache_creation_input_tokens: tokens,
    })
    .optional(),
  modelUsage: z
    .record(
      z.string(),
      z.object({
        inputTokens: tokens,
        outputTokens: tokens,
        cacheReadInputTokens: tokens,
        cacheCreationInputTokens: tokens,
      }),
    )
    .optional(),
});
type Result = z.infer<typeof Result>;

/** One line of `--output-format stream-json`. Unknown events, and lines that are none, give nothing. */
export function claudeCodeEvents(line: string): readonly RunnerEvent[] {
  const event = jsonLine(line);
  const init = Init.safeParse(event);
  if (init.success) return initEvents(init.data);
  const assistant = Assistant.safeParse(event);
  if (assistant.success) return assistant.data.message.content.flatMap(blockEvents);
  const denied = Denied.safeParse(event);
  if (denied.success) return [{ type: "denied", tool: denied.data.tool_name }];
  const retry = Retry.safeParse(event);
  if (retry.success) {
    return [{ type: "retry", attempt: retry.data.attempt, status: retry.data.error_status ?? undefined }];
  }
  const result = Result.safeParse(event);
  return result.success ? [terminalEvent(result.data)] : [];
}

function initEvents(init: z.infer<typeof Init>): readonly RunnerEvent[] {
  const session = {
    type: "session",
    sessionId: init.session_id,
    runnerVersion: init.claude_code_version,
  } as const satisfies RunnerEvent;
  const dead = init.mcp_servers.filter((server) => server.status === "failed").map((server) => server.name);
  if (dead.length === 0) return [session];
  return [
    session,
    { type: "broken", reason: `These MCP servers of the run did not start: ${dead.join(", ")}` },
  ];
}

function blockEvents(block: unknown): readonly RunnerEvent[] {
  const text = Text.safeParse(block);
  if (text.success) return [{ type: "message", text: text.data.text }];
  const tool = ToolUse.safeParse(block);
  return tool.success ? [{ type: "tool", name: tool.data.name }] : [];
}

function terminalEvent(result: Result): TerminalEvent {
  const usage = totalUsage(result);
  const success = result.subtype === "success" && !result.is_error;
  return {
    type: "ended",
    success,
    ...(success ? {} : { fault: failureFault(result, usage) }),
    message: result.result ?? `The session ended with ${result.subtype}`,
    usage,
    costUsd: result.total_cost_usd,
    denials: result.permission_denials.map((denial) => denial.tool_name),
  };
}

function failureFault(result: Result, usage: TokenUsage | undefined): "runner" | "session" {
  const status = result.api_error_status ?? undefined;
  if (status === undefined && result.terminal_reason !== "api_error") return "session";
  return faultOf({ status, hasAnswered: (usage?.outputTokens ?? 0) > 0 });
}

/** Per model where it is told: that counts sub-agents and side calls, `usage` the main conversation alone. */
function totalUsage(result: Result): TokenUsage | undefined {
  const perModel = Object.values(result.modelUsage ?? {});
  if (perModel.length > 0) {
    return {
      inputTokens: sum(perModel.map((one) => one.inputTokens)),
      outputTokens: sum(perModel.map((one) => one.outputTokens)),
      cacheReadTokens: sum(perModel.map((one) => one.cacheReadInputTokens)),
      cacheWriteTokens: sum(perModel.map((one) => one.cacheCreationInputTokens)),
    };
  }
  const usage = result.usage;
  if (usage === undefined) return undefined;
  return {
    inputTokens: usage.input_tokens,
    outputTokens: usage.output_tokens,
    cacheReadTokens: usage.cache_read_input_tokens,
    cacheWriteTokens: usage.cache_creation_input_tokens,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
