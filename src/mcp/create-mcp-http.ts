import {
  createMcpHandler,
  isLegacyRequest,
  type Server,
  type ServerEventBus,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import type { Changes } from "./changes.ts";
import { httpSessions, whenSent } from "./http-sessions.ts";
import { type McpHttp, type McpHttpOptions, knownCallers } from "./mcp-http.ts";
import type { McpWatch, MayHear } from "./mcp-interface.ts";

/**
 * Serves every revision: 2026-07-28 from each request alone, the ones before in sessions that begin with a handshake. A stream that
 * nothing is sent on carries a comment every 15 s; whoever serves it must not end it sooner.
 */
export function createMcpHttp<Caller>(options: McpHttpOptions<Caller>): McpHttp<Caller> {
  const { changes } = options;
  const callers = new WeakMap<Request, Caller>();
  const serverOf = (caller: Caller, watch: McpWatch): Server =>
    options.server(caller, { watch, sharesFolders: false });
  const sessionless = createMcpHandler(
    ({ requestInfo }) => {
      const caller = requestInfo === undefined ? undefined : callers.get(requestInfo);
      if (caller === undefined) throw new Error("A request came without its caller");
      try {
        return serverOf(caller, { by: "carrier" });
      } catch (error) {
        // The client is told no more than that something went wrong.
        options.report(error);
        throw error;
      }
    },
    { legacy: "reject", bus: busOf(changes) },
  );
  const known = knownCallers(options);
  const sessions = httpSessions(options, known);
  const draining = new AbortController();

  async function listen(request: Request, caller: Caller): Promise<Response> {
    const asked = ListenRequest.safeParse(
      await request
        .clone()
        .json()
        .catch(() => undefined),
    );
    if (!asked.success) return await sessionless.fetch(request);
    let mayHear: MayHear = () => Promise.resolve(false);
    await serverOf(caller, { by: "carrier", asks: (one) => (mayHear = one) }).close();
    const parsedBody = await readable(asked.data, mayHear);
    // Listens before the client is told that it does: what changes from then on is heard.
    const { ready, stop } = changes.listen(() => {});
    await ready;
    const response = await sessionless.fetch(request, { parsedBody }).finally(stop);
    const unknown = new AbortController();
    const ended = known.whileKnown(caller, () => unknown.abort());
    return whenSent(response, ended, AbortSignal.any([draining.signal, unknown.signal]));
  }

  return {
    fetch: async (request, caller) => {
      if (await isLegacyRequest(request)) return await sessions.fetch(request, caller);
      callers.set(request, caller);
      const isListening = request.headers.get("mcp-method") === "subscriptions/listen";
      return isListening ? await listen(request, caller) : await sessionless.fetch(request);
    },
    drain: () => {
      draining.abort();
      sessions.drain();
    },
    close: async () => {
      await Promise.all([sessionless.close(), sessions.close()]);
    },
  };
}

/** More addresses than this a client does not show; each is looked for. */
const MAX_ADDRESSES = 1_000;

const ListenRequest = z.looseObject({
  method: z.literal("subscriptions/listen"),
  params: z.looseObject({
    notifications: z.looseObject({ resourceSubscriptions: z.array(z.string()) }),
  }),
});

/** The same request for what the caller may hear of alone; the confirmation tells which those are. */
async function readable(asked: z.infer<typeof ListenRequest>, mayHear: MayHear): Promise<unknown> {
  const { params } = asked;
  const resourceSubscriptions: string[] = [];
  for (const uri of params.notifications.resourceSubscriptions.slice(0, MAX_ADDRESSES))
    if (await mayHear(uri)) resourceSubscriptions.push(uri);
  return {
    ...asked,
    params: { ...params, notifications: { ...params.notifications, resourceSubscriptions } },
  };
}

/** Changes as the protocol's own router of streams takes them. */
function busOf(changes: Changes): ServerEventBus {
  return {
    subscribe: (listener) => changes.listen((uri) => listener({ kind: "resource_updated", uri })).stop,
    publish: () => {},
  };
}
