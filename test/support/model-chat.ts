import { z } from "zod";
import { eventStream, type ModelProtocol, type ModelTurn, newId, TURN_USAGE } from "./model-turn.ts";

const Tool = z.object({ function: z.object({ name: z.string() }) });
const Request = z.object({
  model: z.string(),
  stream: z.boolean().default(false),
  messages: z.array(z.object({ role: z.string() })),
  tools: z.array(Tool).default([]),
});

/** The only tool of a call that asks for the session's title. */
const TITLE_TOOL = "session_title";

/** OpenAI's Chat Completions API. */
export const chatProtocol: ModelProtocol = (path, body) => {
  if (path !== "/v1/chat/completions") return undefined;
  const { model, stream, messages, tools } = Request.parse(body);
  return {
    turn: messages.filter(({ role }) => role === "assistant").length,
    isSideCall: tools.every((tool) => tool.function.name === TITLE_TOOL),
    say: (turn) => (stream ? eventStream(streamOf(model, turn)) : Response.json(completionOf(model, turn))),
  };
};

const USAGE = {
  prompt_tokens: TURN_USAGE.input + TURN_USAGE.cacheRead,
  completion_tokens: TURN_USAGE.output,
  total_tokens: TURN_USAGE.input + TURN_USAGE.cacheRead + TURN_USAGE.output,
  prompt_tokens_details: { cached_tokens: TURN_USAGE.cacheRead },
};

function callsOf({ tools = [] }: ModelTurn) {
  return tools.map(({ name, input }, index) => ({
    index,
    id: newId("call"),
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
}

function completionOf(model: string, turn: ModelTurn) {
  const calls = callsOf(turn);
  const message = {
    role: "assistant",
    content: turn.text ?? null,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  const choice = { index: 0, message, finish_reason: calls.length > 0 ? "tool_calls" : "stop" };
  return {
    id: newId("chat"),
    object: "chat.completion",
    created: 0,
    model,
    choices: [choice],
    usage: USAGE,
  };
}

function streamOf(model: string, turn: ModelTurn) {
  const head = { id: newId("chat"), object: "chat.completion.chunk", created: 0, model };
  const calls = callsOf(turn);
  const chunk = (delta: object, finish_reason: string | null) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason }],
  });
  return [
    chunk({ role: "assistant", content: turn.text ?? "" }, null),
    ...(calls.length > 0 ? [chunk({ tool_calls: calls }, null)] : []),
    chunk({}, calls.length > 0 ? "tool_calls" : "stop"),
    { ...head, choices: [], usage: USAGE },
    "[DONE]",
  ];
}
