import { z } from "zod";

/** What the scripted model answers in one turn. */
export interface ModelTurn {
  readonly text?: string;
  readonly tools?: readonly { readonly name: string; readonly input: Readonly<Record<string, unknown>> }[];
  /** Refuses each request of this turn with this status instead. */
  readonly error?: { readonly status: number; readonly type: string };
  /** Never answers. */
  readonly hang?: true;
}

export interface ModelServer {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  /** Bodies of the requests of the conversation, side calls left out, as JSON text. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Tokens reported for each turn. */
export const TURN_USAGE = { input: 1_000, output: 50, cacheRead: 200, cacheWrite: 100 } as const;

const Request = z.object({
  model: z.string(),
  stream: z.boolean().default(false),
  messages: z.array(z.object({ role: z.string() })),
  tools: z.array(z.unknown()).default([]),
});
type Request = z.infer<typeof Request>;

type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: unknown };

/**
 * A model on the loopback that speaks Anthropic's Messages API and says what the turns say, the last one for ever. Which
 * turn answers is counted from the request itself (the turns of the model in it), so that a client's retries and
 * parallel sessions shift nothing. Calls without tools (titles, summaries) get a harmless text.
 */
export function startModelServer(turns: readonly ModelTurn[]): ModelServer {
  const requests: string[] = [];
  const answer = async (request: globalThis.Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/messages/count_tokens") return Response.json({ input_tokens: TURN_USAGE.input });
    if (pathname !== "/v1/messages") return new Response("not here", { status: 404 });
    const body = await request.text();
    const parsed = Request.parse(JSON.parse(body));
    if (parsed.tools.length === 0) return say(parsed, { text: "A title" });
    requests.push(body);
    const turn = parsed.messages.filter((message) => message.role === "assistant").length;
    return say(parsed, turns[Math.min(turn, turns.length - 1)] ?? {});
  };
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: answer });
  return { url: `http://127.0.0.1:${server.port}`, requests, close: () => server.stop(true) };
}

function say(request: Request, turn: ModelTurn): Response | Promise<Response> {
  if (turn.hang === true) return new Promise<Response>(() => {});
  if (turn.error !== undefined) {
    const { status, type } = turn.error;
    return Response.json({ type: "error", error: { type, message: `scripted ${status}` } }, { status });
  }
  const message = messageOf(request.model, turn);
  if (!request.stream) return Response.json(message);
  const events = streamOf(message).map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return new Response(events.join(""), { headers: { "content-type": "text/event-stream" } });
}

interface Message {
  readonly id: string;
  readonly type: "message";
  readonly role: "assistant";
  readonly model: string;
  readonly content: readonly Block[];
  readonly stop_reason: "tool_use" | "end_turn";
  readonly stop_sequence: null;
  readonly usage: Readonly<Record<string, number>>;
}

function messageOf(model: string, turn: ModelTurn): Message {
  const text: readonly Block[] = turn.text === undefined ? [] : [{ type: "text", text: turn.text }];
  const tools = (turn.tools ?? []).map((tool): Block => ({ type: "tool_use", id: newId("toolu"), ...tool }));
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
  };
}

interface StreamEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The message as the API streams it: an empty one, then each block with its deltas, then how it ended. */
function streamOf(message: Message): readonly StreamEvent[] {
  const empty = { ...message, content: [], stop_reason: null, usage: { ...message.usage, output_tokens: 1 } };
  const ending = { stop_reason: message.stop_reason, stop_sequence: null };
  return [
    { type: "message_start", message: empty },
    ...message.content.flatMap(blockEvents),
    {
      type: "message_delta",
      delta: ending,
      usage: { output_tokens: TURN_USAGE.output },
    },
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

function newId(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
}
