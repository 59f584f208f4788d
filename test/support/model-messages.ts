import { z } from "zod";
import { eventStream, type ModelProtocol, type ModelTurn, newId, TURN_USAGE } from "./model-turn.ts";

const Request = z.object({
  model: z.string(),
  stream: z.boolean().default(false),
  messages: z.array(z.object({ role: z.string() })),
  tools: z.array(z.unknown()).default([]),
});

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: unknown };

interface StreamEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Anthropic's Messages API. */
export const messagesProtocol: ModelProtocol = (path, body) => {
  if (path !== "/v1/messages") return undefined;
  const { model, stream, messages, tools } = Request.parse(body);
  return {
    turn: messages.filter(({ role }) => role === "assistant").length,
    isSideCall: tools.length === 0,
    say: (turn) => {
      const message = messageOf(model, turn);
      return stream ? eventStream(streamOf(message)) : Response.json(message);
    },
  };
};

type Message = ReturnType<typeof messageOf>;

function messageOf(model: string, turn: ModelTurn) {
  const text: readonly Block[] = turn.text === undefined ? [] : [{ type: "text", text: turn.text }];
  const tools = (turn.tools ?? []).map((tool): Block => ({
    type: "tool_use",
    id: newId("toolu"),
    name: tool.name,
    input: tool.input,
  }));
  return {
    id: newId("msg"),
    type: "message",
    role: "assistant",
    model,
    content: [...text, ...tools],
    stop_reason: tools.length > 0 ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: TURN_USAGE.input,
      output_tokens: TURN_USAGE.output,
      cache_read_input_tokens: TURN_USAGE.cacheRead,
      cache_creation_input_tokens: TURN_USAGE.cacheWrite,
    },
  } as const;
}

/** The message as the API streams it: an empty one, then each block with its deltas, then how it ended. */
function streamOf(message: Message): readonly StreamEvent[] {
  const empty = { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } };
  const ending = { stop_reason: message.stop_reason, stop_sequence: null };
  return [
    { type: "message_start", message: empty },
    ...message.content.flatMap(blockEvents),
    { type: "message_delta", delta: ending, usage: { output_tokens: TURN_USAGE.output } },
    { type: "message_stop" },
  ];
}

function blockEvents(block: Block, index: number): readonly StreamEvent[] {
  const start = block.type === "text" ? { type: "text", text: "" } : { ...block, input: {} };
  const delta =
    block.type === "text"
      ? { type: "text_delta", text: block.text }
      : { type: "input_json_delta", partial_json: JSON.stringify(block.input) };
  return [
    { type: "content_block_start", index, content_block: start },
    { type: "content_block_delta", index, delta },
    { type: "content_block_stop", index },
  ];
}
