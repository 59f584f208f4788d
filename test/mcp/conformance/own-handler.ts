import type { Server, ServerContext } from "@modelcontextprotocol/server";

type Handler = (request: object, context: ServerContext) => Promise<unknown>;

/** How a server answers a method before a fixture is put in front of it. The SDK has no way to ask for that but its own field. */
export function ownHandler(server: Server, method: string): Handler {
  const handlers: unknown = Reflect.get(server, "_requestHandlers");
  const handler: unknown = handlers instanceof Map ? handlers.get(method) : undefined;
  if (typeof handler !== "function") throw new Error(`The server does not answer ${method}`);
  return async (request, context) => {
    const result: unknown = await Reflect.apply(handler, server, [request, context]);
    return result;
  };
}
