import { z } from "zod";
import type { RunnerEvent } from "#operations/ports/launcher.ts";
import { jsonLine } from "./json-line.ts";
import { isSessionsFault } from "./refused-request.ts";

const tokens = z.number().int().nonnegative().default(0);

const Started = z.object({ type: z.literal("thread.started"), thread_id: z.string() });

const Message = z.object({ type: z.literal("agent_message"), text: z.string() });
const McpCall = z.object({
  type: z.literal("mcp_tool_call"),
  server: z.string(),
  tool: z.string(),
  status: z.string().optional(),
});
const Work = z.object({ type: z.enum(["command_execution", "file_change", "web_search"]) });
const Item = z.object({ type: z.literal("item.completed"), item: z.unknown() });

/** Not fatal by itself: the program tells each of its retries so, and last the error itself. */
const Problem = z.object({ type: z.literal("error"), message: z.string() });

const Completed = z.object({
  type: z.literal("turn.completed"),
  usage: z
    .object({
      input_tokens: tokens,
      cached_input_tokens: tokens,
      cache_write_input_tokens: tokens,
      output_tokens: tokens,
    })
    .optional(),
});

const Failed = z.object({ type: z.literal("turn.failed"), error: z.object({ message: z.string() }) });

/** Reads the lines of `codex exec --json`, in order. Unknown events, and lines that are none, give nothing. */
export function codexEvents(): (line: string) => readonly RunnerEvent[] {
  let lastMessage: string | undefined;
  let hasAnswered = false;
  let retries = 0;
  return (line) => {
    const event = jsonLine(line);
    const started = Started.safeParse(event);
    if (started.success) return [{ type: "session", sessionId: started.data.thread_id }];
    const item = Item.safeParse(event);
    if (item.success) {
      const told = itemEvents(item.data.item);
      for (const one of told) if (one.type === "message") lastMessage = one.text;
      hasAnswered ||= told.length > 0;
      return told;
    }
    const problem = Problem.safeParse(event);
    if (problem.success) {
      retries += 1;
      return [{ type: "retry", attempt: retries, status: statusIn(problem.data.message) }];
    }
    const completed = Completed.safeParse(event);
    if (completed.success) return [completedEvent(completed.data, lastMessage)];
    const failed = Failed.safeParse(event);
    return failed.success ? [failedEvent(failed.data.error.message, hasAnswered)] : [];
  };
}

function itemEvents(item: unknown): readonly RunnerEvent[] {
  const message = Message.safeParse(item);
  if (message.success) return [{ type: "message", text: message.data.text }];
  const call = McpCall.safeParse(item);
  if (call.success) return [{ type: "tool", name: `${call.data.server}.${call.data.tool}` }];
  const work = Work.safeParse(item);
  return work.success ? [{ type: "tool", name: work.data.type }] : [];
}

/** The program counts cached tokens among the tokens read; here they stand beside them. It tells no price. */
function completedEvent({ usage }: z.infer<typeof Completed>, lastMessage: string | undefined): RunnerEvent {
  return {
    type: "ended",
    success: true,
    message: lastMessage ?? "The turn was completed without a word",
    usage: usage && {
      inputTokens: Math.max(
        0,
        usage.input_tokens - usage.cached_input_tokens - usage.cache_write_input_tokens,
      ),
      outputTokens: usage.output_tokens,
      cacheReadTokens: usage.cached_input_tokens,
      cacheWriteTokens: usage.cache_write_input_tokens,
    },
  };
}

function failedEvent(message: string, hasAnswered: boolean): RunnerEvent {
  const fault = isSessionsFault(statusIn(message), hasAnswered) ? "session" : "runner";
  return { type: "ended", success: false, fault, message };
}

/** The HTTP status that the program puts into its sentence, the only place where it tells it. */
function statusIn(message: string): number | undefined {
  const [, status] = /\bstatus (\d{3})\b/.exec(message) ?? [];
  return status === undefined ? undefined : Number(status);
}
