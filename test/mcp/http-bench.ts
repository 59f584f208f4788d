import { Client, type ClientOptions, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { Server } from "@modelcontextprotocol/server";
import { sleep } from "#compose/machine-parts.ts";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { guardRequest, loopbackHosts } from "#http/guard-request.ts";
import { sharedChanges } from "#mcp/changes.ts";
import { createMcpHttp } from "#mcp/create-mcp-http.ts";
import { createMcpServer } from "#mcp/create-mcp-server.ts";
import type { McpCall, McpInterface } from "#mcp/mcp-interface.ts";
import type { McpHttp, McpHttpOptions } from "#mcp/mcp-http.ts";
import { invoke } from "#operations/invoke.ts";
import { REGISTRY } from "#operations/registry.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { agent, human } from "#test/stores.ts";
import { clientOf, type McpClient } from "./mcp-bench.ts";

/** The protocol over HTTP on the loopback, over a workspace of its own. A bearer token names the caller here, as nothing else does. */
export interface HttpBench extends AsyncDisposable {
  readonly work: OperationBench;
  readonly url: URL;
  readonly http: McpHttp<Caller>;
  /** Resolves once so many servers, each of a session or of one request, have ended. */
  readonly ended: (count: number) => Promise<void>;
  readonly connect: (token: string, options?: ClientOptions) => Promise<McpClient>;
  readonly post: (
    token: string,
    message: object,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>;
  readonly request: (
    method: string,
    token: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Response>;
}

export type HttpBenchOptions = Partial<Pick<McpHttpOptions<Caller>, "idleMs" | "maxSessions" | "isKnown">> & {
  readonly makeServer?: typeof createMcpServer;
  /** Awaited before each look for changes. */
  readonly beforeLook?: () => Promise<void>;
  /** Runs a tool's operation instead of the real one. */
  readonly invoke?: (call: McpCall) => Promise<unknown>;
};

export async function openHttpBench(options: HttpBenchOptions = {}): Promise<HttpBench> {
  const work = await operationBench();
  const ends = countEnds();
  const http = createMcpHttp<Caller>({
    maxSessions: 100,
    idleMs: 600_000,
    ...options,
    server: (caller, connection) =>
      ends.of(
        (options.makeServer ?? createMcpServer)({ ...interfaceOf(work, caller, options), ...connection }),
      ),
    identity: ({ actor, authority }) => `${actor.kind}:${actor.name} ${authority}`,
    changes: sharedChanges({
      run: async (name, input) => {
        await options.beforeLook?.();
        if (name !== "log") throw new Error(`${name} is not needed to hear of changes`);
        return await work.call(name, input);
      },
      everyMs: 5,
    }),
    newSessionId: () => crypto.randomUUID(),
    isKnown: options.isKnown ?? (() => Promise.resolve(true)),
    checkEveryMs: 5,
    report: () => {},
  });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    fetch: async (request) => guarded(request) ?? (await http.fetch(request, callerOf(request))),
  });
  const url = new URL("/mcp", server.url);
  const clients: Client[] = [];
  const request = async (method: string, token: string, headers = {}, body?: string) =>
    await fetch(url, {
      method,
      headers: { ...headersOf(token), ...headers },
      ...(body === undefined ? {} : { body }),
    });
  return {
    work,
    url,
    http,
    ended: ends.reached,
    connect: async (token, more = {}) => {
      const client = new Client({ name: "sluice-test", version: "1" }, more);
      clients.push(client);
      const requestInit = { headers: { authorization: `Bearer ${token}` } };
      await client.connect(new StreamableHTTPClientTransport(url, { requestInit }));
      return clientOf(client, 0);
    },
    request,
    post: async (token, message, headers) => await request("POST", token, headers, JSON.stringify(message)),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await http.close();
      await server.stop(true);
      await work[Symbol.asyncDispose]();
    },
  };
}

function countEnds() {
  let count = 0;
  let wake = () => {};
  return {
    of: (server: Server): Server => {
      const { onclose } = server;
      server.onclose = () => {
        onclose?.();
        count += 1;
        wake();
      };
      return server;
    },
    reached: async (wanted: number) => {
      while (count < wanted) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

const headersOf = (token: string) => ({
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
});

/** What the HTTP interface keeps a page in a browser from. */
function guarded(request: Request): Response | undefined {
  try {
    guardRequest(request.headers.toJSON(), request.url, loopbackHosts());
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return Response.json(error, { status: 403 });
    throw error;
  }
}

function callerOf(request: Request): Caller {
  const token = request.headers.get("authorization")?.slice("Bearer ".length) ?? "robot";
  if (token === "ada") return human("ada");
  return token === "app-only" ? { ...agent(token), projects: [1] } : agent(token);
}

function interfaceOf(
  work: OperationBench,
  caller: Caller,
  options: HttpBenchOptions,
): Omit<McpInterface, "sharesFolders"> {
  return {
    version: "1",
    toolset: "all",
    operations: REGISTRY,
    progressEveryMs: 5,
    invoke:
      options.invoke ??
      (async ({ operation, input, lease, idempotencyKey, signal, progress }) => {
        const context = work.context(lease === undefined ? caller : { ...caller, lease });
        const keyed = idempotencyKey === undefined ? {} : { idempotencyKey };
        return await invoke(
          { ...context, ...keyed, sleep, now: Date.now, signal, progress },
          operation,
          input,
        );
      }),
    refusal: (error) =>
      Promise.resolve(error instanceof SluiceError ? error : new SluiceError("internal", String(error))),
  };
}
