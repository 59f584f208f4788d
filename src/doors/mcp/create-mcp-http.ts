import { createMcpHandler, isLegacyRequest, type ServerEventBus } from "@modelcontextprotocol/server";
import type { Changes } from "./changes.ts";
import { httpSessions } from "./http-sessions.ts";
import type { McpHttp, McpHttpOptions } from "./mcp-http.ts";

/**
 * Serves every revision: 2026-07-28 from each request alone, the ones before in sessions that begin with a handshake. A stream that
 * nothing is sent on carries a comment every 15 s; whoever serves it must not end it sooner.
 */
export function createMcpHttp<Caller>(options: McpHttpOptions<Caller>): McpHttp<Caller> {
  const { server, changes, report } = options;
  const callers = new WeakMap<Request, Caller>();
  const sessionless = createMcpHandler(
    ({ requestInfo }) => {
      const caller = requestInfo === undefined ? undefined : callers.get(requestInfo);
      if (caller === undefined) throw new Error("A request came without its caller");
      return server(caller, { watch: { by: "carrier" }, sharesFolders: false });
    },
    { legacy: "reject", bus: busOf(changes), onerror: report },
  );
  const sessions = httpSessions(options);
  return {
    fetch: async (request, caller) => {
      if (await isLegacyRequest(request)) return await sessions.fetch(request, caller);
      callers.set(request, caller);
      if (request.headers.get("mcp-method") !== "subscriptions/listen")
        return await sessionless.fetch(request);
      // Listens before the client is told that it does: what changes from then on is heard.
      const { ready, stop } = changes.listen(() => {});
      await ready;
      return await sessionless.fetch(request).finally(stop);
    },
    close: async () => {
      await Promise.all([sessionless.close(), sessions.close()]);
    },
  };
}

/** Changes as the protocol's own router of streams takes them. */
function busOf(changes: Changes): ServerEventBus {
  return {
    subscribe: (listener) => changes.listen((uri) => listener({ kind: "resource_updated", uri })).stop,
    publish: () => {},
  };
}
