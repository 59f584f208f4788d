import { z } from "zod";
import type { RunnerEvent } from "#operations/ports/launcher.ts";
import type { GeminiRunnerSpec } from "#operations/ports/runner-spec.ts";
import {
  type LaunchPlan,
  brokenOff,
  completed,
  jsonLine,
  classifySilentExit,
  optional,
  type RunnerAdapter,
  statusIn,
  tokens,
} from "./adapter.ts";

/** Its own ways to sign in, and the addresses that go with them. */
const AUTHENTICATION = ["GEMINI_API_KEY", "GOOGLE_*"];

/** Gemini CLI, headless: the brief on stdin, events as JSON lines. */
export const geminiAdapter = (spec: GeminiRunnerSpec): RunnerAdapter => ({
  name: "gemini",
  program: spec.program ?? "gemini",
  versionArgs: ["--version"],
  plan: () => plan(spec),
  parse: geminiEvents(),
  classifyExit: classifySilentExit("Gemini CLI"),
});

function plan(spec: GeminiRunnerSpec): LaunchPlan {
  return {
    args: [
      "--output-format",
      "stream-json",
      // In any other mode it does not even offer the tools that it would ask for.
      "--approval-mode",
      "yolo",
      ...optional("--model", spec.model),
    ],
    env: {
      // It starts itself a second time otherwise, and keeps signals from the one that works.
      GEMINI_CLI_NO_RELAUNCH: "true",
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      GEMINI_TELEMETRY_ENABLED: "false",
    },
    inherit: AUTHENTICATION,
  };
}

const Init = z.object({ type: z.literal("init"), session_id: z.string() });
const Message = z.object({
  type: z.literal("message"),
  role: z.literal("assistant"),
  content: z.string(),
  delta: z.boolean().default(false),
});
const ToolUse = z.object({ type: z.literal("tool_use"), tool_name: z.string() });

const Result = z.object({
  type: z.literal("result"),
  status: z.string(),
  error: z.object({ message: z.string() }).optional(),
  stats: z.object({ input: tokens, output_tokens: tokens, cached: tokens }).optional(),
});

/** Reads the lines of `gemini --output-format stream-json`, in order. Unknown events, and lines that are none, give nothing. */
export function geminiEvents(): (line: string) => readonly RunnerEvent[] {
  let words = "";
  let hasAnswered = false;
  return (line) => {
    const event = jsonLine(line);
    const init = Init.safeParse(event);
    if (init.success) return [{ type: "session", sessionId: init.data.session_id }];
    const message = Message.safeParse(event);
    if (message.success) {
      hasAnswered = true;
      words = message.data.delta ? words + message.data.content : message.data.content;
      return [{ type: "message", text: message.data.content }];
    }
    const tool = ToolUse.safeParse(event);
    if (tool.success) {
      hasAnswered = true;
      words = "";
      return [{ type: "tool", name: tool.data.tool_name }];
    }
    const result = Result.safeParse(event);
    return result.success ? [endedEvent(result.data, words, hasAnswered)] : [];
  };
}

/** The HTTP status that the API's own answer holds, which the program quotes. */
const STATUS = /"code":(\d{3})\b/;

/** It tells no price. */
function endedEvent(
  { status, error, stats }: z.infer<typeof Result>,
  words: string,
  hasAnswered: boolean,
): RunnerEvent {
  const usage = stats && {
    inputTokens: stats.input,
    outputTokens: stats.output_tokens,
    cacheReadTokens: stats.cached,
    cacheWriteTokens: 0,
  };
  if (status === "success") return completed(words, { usage });
  const message = error?.message ?? `The session ended with ${status}`;
  return brokenOff(message, { status: statusIn(message, STATUS), hasAnswered }, { usage });
}
