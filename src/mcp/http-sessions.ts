import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/server";
import type { KnownCallers, McpHttp, McpHttpOptions } from "./mcp-http.ts";
import type { McpConnection } from "./mcp-interface.ts";
import { sessionLeases } from "./session-leases.ts";

interface Session {
  readonly owner: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  /** Requests that are not answered to their end. */
  open: number;
  ending: ReturnType<typeof setTimeout> | undefined;
}

/** Serves revisions that begin with a handshake: each session has a server of its own, until it is deleted, idle for too long, or its caller unknown. */
export function httpSessions<Caller>(
  options: McpHttpOptions<Caller>,
  known: KnownCallers<Caller>,
): McpHttp<Caller> {
  const { idleMs, maxSessions, identity } = options;
  // The one that was used last stands last.
  const sessions = new Map<string, Session>();

  async function begin(request: Request, caller: Caller): Promise<Response> {
    const owner = identity(caller);
    if (!hasRoom(owner)) return refusal(503, "Too many sessions are open. End one, or try again later");
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: options.newSessionId,
      onsessioninitialized: (id) => void sessions.set(id, session),
    });
    const session: Session = { owner, transport, open: 0, ending: undefined };
    const ended = known.whileKnown(caller, () => void transport.close());
    transport.onclose = () => {
      ended();
      clearTimeout(session.ending);
      sessions.delete(transport.sessionId ?? "");
    };
    await options.server(caller, connectionOf(options)).connect(transport);
    const response = await serve(session, request);
    // What was no handshake began nothing.
    if (transport.sessionId === undefined) await transport.close();
    return response;
  }

  const serve = (session: Session, request: Request) => served(session, request, () => rest(session));

  /** Stands last from now on, and ends when nothing comes. */
  function rest(session: Session): void {
    const { transport } = session;
    const id = transport.sessionId;
    if (id === undefined || sessions.get(id) !== session) return;
    sessions.delete(id);
    sessions.set(id, session);
    session.ending = setTimeout(() => void transport.close(), idleMs);
  }

  function hasRoom(owner: string): boolean {
    if (sessions.size < maxSessions) return true;
    const leaving = leavingFor(owner, [...sessions.values()]);
    void leaving?.transport.close();
    return leaving !== undefined;
  }

  return {
    fetch: async (request, caller) => {
      const id = request.headers.get("mcp-session-id");
      if (id === null) return await begin(request, caller);
      const session = sessions.get(id);
      if (session === undefined || session.owner !== identity(caller))
        return refusal(404, "There is no such session. Begin one with initialize");
      return await serve(session, request);
    },
    drain: () => {
      for (const { transport } of sessions.values()) transport.closeStandaloneSSEStream();
    },
    close: async () => {
      await Promise.all([...sessions.values()].map(({ transport }) => transport.close()));
    },
  };
}

const connectionOf = <Caller>({ newSessionId, changes }: McpHttpOptions<Caller>): McpConnection => ({
  leases: sessionLeases({ id: newSessionId() }),
  watch: { by: "hearing", changes },
  sharesFolders: false,
});

/** @param rest called when nothing of the session is open any more */
async function served(session: Session, request: Request, rest: () => void): Promise<Response> {
  clearTimeout(session.ending);
  session.open += 1;
  return whenSent(await session.transport.handleRequest(request), () => {
    session.open -= 1;
    if (session.open === 0) rest();
  });
}

/** An idle session of the caller, else one of who has most of them: nobody's many keep others out. */
function leavingFor(owner: string, sessions: readonly Session[]): Session | undefined {
  const byOwner = Map.groupBy(sessions, (one) => one.owner);
  const [most = []] = [...byOwner.values()].toSorted((one, other) => other.length - one.length);
  return idleOf(byOwner.get(owner) ?? []) ?? (most.length > 1 ? idleOf(most) : undefined);
}

/** The one that is idle the longest. */
const idleOf = (sessions: readonly Session[]): Session | undefined => sessions.find(({ open }) => open === 0);

/** As the protocol has it: a message of error that answers to no request. */
const refusal = (status: number, message: string): Response =>
  Response.json({ jsonrpc: "2.0", error: { code: -32_000, message }, id: null }, { status });

/** A comment of server-sent events. Without a first byte some servers hold the headers back, and a client waits for them. */
const OPENING = new TextEncoder().encode(":\n\n");

/**
 * The same response; `done` is called once it was sent to its end, or its client went away.
 * @param until ends a stream when it is aborted
 */
export function whenSent(response: Response, done: () => void, until?: AbortSignal): Response {
  const stream: ReadableStream<Uint8Array> | null = response.body;
  if (stream === null || response.headers.get("content-type") !== "text/event-stream") {
    done();
    return response;
  }
  const reader = stream.getReader();
  // Reading ends as at the stream's own end.
  const end = () => void reader.cancel().catch(() => {});
  until?.addEventListener("abort", end, { once: true });
  let isOver = false;
  const over = () => {
    if (!isOver) done();
    isOver = true;
    until?.removeEventListener("abort", end);
  };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(OPENING),
    pull: async (controller) => {
      try {
        const { done: isLast, value } = await reader.read();
        if (!isLast) return controller.enqueue(value);
        over();
        controller.close();
      } catch (error) {
        over();
        controller.error(error);
      }
    },
    cancel: async (reason) => {
      over();
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}
