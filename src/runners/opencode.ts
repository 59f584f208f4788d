import { join } from "node:path";
import { z } from "zod";
import type { RunMcpServer, RunnerEvent, TokenUsage } from "#operations/ports/launcher.ts";
import type { OpenCodeRunnerSpec } from "#operations/ports/runner-spec.ts";
import {
  type LaunchPlan,
  brokenOff,
  completed,
  jsonLine,
  classifySilentExit,
  optional,
  type PlanInput,
  type RunnerAdapter,
  tokens,
} from "./adapter.ts";

/** Keys of the providers that it speaks with, and its own service's. */
const AUTHENTICATION = [
  "OPENCODE_API_KEY",
  "OPENCODE_AUTH_CONTENT",
  "ANTHROPIC_API_KEY",
  "OPENAI_API_KEY",
  "OPENROUTER_API_KEY",
  "GEMINI_API_KEY",
  "GOOGLE_GENERATIVE_AI_API_KEY",
  "XAI_API_KEY",
];

const QUIET = {
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_SHARE: "1",
  OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  // Files of another program, which may be the operator's own.
  OPENCODE_DISABLE_CLAUDE_CODE: "1",
} as const;

/** A permission that would be asked for ends the run: each is allowed, or refused to the model. */
const PERMISSION = {
  edit: "allow",
  bash: "allow",
  external_directory: "allow",
  doom_loop: "deny",
  question: "deny",
  webfetch: "deny",
  websearch: "deny",
} as const;

/** It waits for its tool servers to start so long, in milliseconds; a cold start of ours takes well under one second. */
const MCP_START_TIMEOUT_MS = 15_000;

/** OpenCode, headless: `opencode run`, the brief on stdin, events as JSON lines. */
export const openCodeAdapter = (spec: OpenCodeRunnerSpec): RunnerAdapter => ({
  name: "opencode",
  program: spec.program ?? "opencode",
  versionArgs: ["--version"],
  plan: (input) => plan(spec, input),
  parse: openCodeEvents(),
  classifyExit: classifySilentExit("OpenCode"),
});

function plan(spec: OpenCodeRunnerSpec, input: PlanInput): LaunchPlan {
  const config = join(input.tempDir, "opencode.json");
  return {
    args: ["run", "--format", "json", ...optional("--model", spec.model)],
    // Read after the operator's own and before the repository's.
    env: { ...QUIET, OPENCODE_CONFIG: config },
    inherit: AUTHENTICATION,
    files: { [config]: JSON.stringify(configOf(input.mcp)) },
  };
}

function configOf(mcp: RunMcpServer | undefined): object {
  const run = { autoupdate: false, share: "disabled", snapshot: false, permission: PERMISSION };
  if (mcp === undefined) return run;
  const server = {
    type: "local",
    command: [mcp.program, ...mcp.args],
    environment: mcp.env,
    enabled: true,
    timeout: MCP_START_TIMEOUT_MS,
  };
  return { ...run, mcp: { [mcp.name]: server } };
}

const Any = z.object({ sessionID: z.string() });
const Text = z.object({ type: z.literal("text"), part: z.object({ text: z.string() }) });
const ToolUse = z.object({ type: z.literal("tool_use"), part: z.object({ tool: z.string() }) });

const StepFinish = z.object({
  type: z.literal("step_finish"),
  part: z.object({
    /** Of the model's turn: `tool-calls` goes on, `stop` is the end, all else cut it off. */
    reason: z.string(),
    tokens: z
      .object({
        input: tokens,
        output: tokens,
        reasoning: tokens,
        cache: z.object({ read: tokens, write: tokens }),
      })
      .optional(),
    cost: z.number().nonnegative().default(0),
  }),
});

const Problem = z.object({
  type: z.literal("error"),
  error: z.object({
    name: z.string(),
    data: z.object({ message: z.string().optional(), statusCode: z.number().int().optional() }).optional(),
  }),
});

interface Spent {
  readonly usage: TokenUsage;
  readonly costUsd: number;
}

const NOTHING: Spent = {
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  costUsd: 0,
};

/** Reads the lines of `opencode run --format json`, in order: it tells tokens and cost by the step. */
export function openCodeEvents(): (line: string) => readonly RunnerEvent[] {
  let spent = NOTHING;
  let session: string | undefined;
  let lastMessage: string | undefined;
  const read = (event: unknown): readonly RunnerEvent[] => {
    const text = Text.safeParse(event);
    if (text.success) {
      lastMessage = text.data.part.text;
      return [{ type: "message", text: lastMessage }];
    }
    const tool = ToolUse.safeParse(event);
    if (tool.success) return [{ type: "tool", name: tool.data.part.tool }];
    const step = StepFinish.safeParse(event);
    if (step.success) {
      spent = plus(spent, step.data.part);
      return stepEnd(step.data.part.reason, lastMessage, spent);
    }
    const problem = Problem.safeParse(event);
    return problem.success ? [problemEvent(problem.data.error, spent)] : [];
  };
  return (line) => {
    const event = jsonLine(line);
    const told = read(event);
    const any = Any.safeParse(event);
    if (session !== undefined || !any.success) return told;
    session = any.data.sessionID;
    return [{ type: "session", sessionId: session }, ...told];
  };
}

function plus({ usage, costUsd }: Spent, part: z.infer<typeof StepFinish>["part"]): Spent {
  const { input = 0, output = 0, reasoning = 0, cache = { read: 0, write: 0 } } = part.tokens ?? {};
  return {
    usage: {
      inputTokens: usage.inputTokens + input,
      outputTokens: usage.outputTokens + output + reasoning,
      cacheReadTokens: usage.cacheReadTokens + cache.read,
      cacheWriteTokens: usage.cacheWriteTokens + cache.write,
    },
    costUsd: costUsd + part.cost,
  };
}

function stepEnd(reason: string, lastMessage: string | undefined, spent: Spent): readonly RunnerEvent[] {
  if (reason === "tool-calls") return [];
  if (reason === "stop") return [completed(lastMessage, spent)];
  const message = `The model's turn ended with ${reason}`;
  return [{ type: "ended", success: false, fault: "session", message, ...spent }];
}

function problemEvent({ name, data }: z.infer<typeof Problem>["error"], spent: Spent): RunnerEvent {
  const status = data?.statusCode;
  const message = `${name}${status === undefined ? "" : ` ${status}`}: ${data?.message ?? ""}`;
  return brokenOff(message, { status, hasAnswered: spent.usage.outputTokens > 0 }, spent);
}
