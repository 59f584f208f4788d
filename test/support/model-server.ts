import { chatProtocol } from "./model-chat.ts";
import { generateContentProtocol } from "./model-generate-content.ts";
import { messagesProtocol } from "./model-messages.ts";
import { responsesProtocol } from "./model-responses.ts";
import { type ModelCall, type ModelTurn, TURN_USAGE } from "./model-turn.ts";

export interface ModelServer {
  /** `http://127.0.0.1:PORT`, without a path. */
  readonly url: string;
  /** Bodies of the requests of the conversation, side calls left out, as JSON text. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

const PROTOCOLS = [messagesProtocol, responsesProtocol, chatProtocol, generateContentProtocol];

/**
 * A model on the loopback that speaks the protocols of all agent programs and says what the turns say, the last one for
 * ever. Which turn answers is counted from the request itself (the turns of the model in it), so that a client's retries
 * and parallel sessions shift nothing. Side calls (titles, summaries) get a harmless text.
 */
export function startModelServer(turns: readonly ModelTurn[]): ModelServer {
  const requests: string[] = [];
  const answer = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/v1/messages/count_tokens") return Response.json({ input_tokens: TURN_USAGE.input });
    if (request.method !== "POST") return new Response("not here", { status: 404 });
    const body = await request.text();
    const call = readCall(pathname, body);
    if (call === undefined) return new Response("not here", { status: 404 });
    if (call.isSideCall) return call.say({ text: "A title" });
    requests.push(body);
    return say(call, turns[Math.min(call.turn, turns.length - 1)] ?? {});
  };
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, fetch: answer });
  return { url: `http://127.0.0.1:${server.port}`, requests, close: () => server.stop(true) };
}

function readCall(path: string, body: string): ModelCall | undefined {
  const parsed: unknown = JSON.parse(body);
  for (const protocol of PROTOCOLS) {
    const call = protocol(path, parsed);
    if (call !== undefined) return call;
  }
  return undefined;
}

function say(call: ModelCall, turn: ModelTurn): Response | Promise<Response> {
  if (turn.hang === true) return new Promise<Response>(() => {});
  if (turn.error === undefined) return call.say(turn);
  const { status, type } = turn.error;
  const error = { type, code: status, status: type, message: `scripted ${status}` };
  return Response.json({ type: "error", error }, { status });
}
