import { z } from "zod";
import { lineReader } from "./line-reader.ts";

/** A server of agents after its opening. */
export interface AgentServer extends AsyncDisposable {
  /** Sends a request and awaits its answer, which must be no refusal. Answers the structured content of a tool. */
  readonly ask: (method: string, params: object) => Promise<unknown>;
  /** A method that asks for nothing. */
  readonly nothing: string;
  /** How it is reached, behind the name of what is measured. */
  readonly way: string;
  /** What a call may take of the store's own; absent where that is only told. */
  readonly atMost?: number;
}

type Env = Readonly<Record<string, string>>;

const Answer = z.object({
  result: z.object({ isError: z.literal(false).optional(), structuredContent: z.unknown().optional() }),
});

export const INITIALIZE = `${JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "bench", version: "1" },
  },
})}\n`;

/** `sluice mcp`. The client writes a line and reads one. */
export async function lineServer(command: readonly string[], env: Env): Promise<AgentServer> {
  const child = Bun.spawn([...command], { env, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
  const line = lineReader(child.stdout);
  const send = (text: string) => {
    void child.stdin.write(text);
    void child.stdin.flush();
  };
  send(INITIALIZE);
  await line();
  send(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  return {
    nothing: "ping",
    way: "",
    atMost: 2,
    ask: async (method, params) => {
      send(`${JSON.stringify({ jsonrpc: "2.0", id: 2, method, params })}\n`);
      return Answer.parse(JSON.parse(await line())).result.structuredContent;
    },
    [Symbol.asyncDispose]: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
}

const REVISION = "2026-07-28";
const ENVELOPE = {
  "io.modelcontextprotocol/protocolVersion": REVISION,
  "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** `sluice serve`, asked in the revision that has no session: each request stands alone. */
export async function httpServer(command: readonly string[], env: Env): Promise<AgentServer> {
  const child = Bun.spawn([...command], { env, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
  const { url } = z.object({ url: z.string() }).parse(JSON.parse(await lineReader(child.stdout)()));
  const address = new URL("/mcp", url);
  return {
    nothing: "prompts/list",
    way: " over HTTP, without a session",
    ask: async (method, params) => {
      const name = "name" in params ? { "mcp-name": String(params.name) } : {};
      const response = await fetch(address, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "sluice-actor": "ai:bench",
          "mcp-protocol-version": REVISION,
          "mcp-method": method,
          ...name,
        },
        body: JSON.stringify({ jsonrpc: "2.0", id: 2, method, params: { _meta: ENVELOPE, ...params } }),
      });
      return Answer.parse(await response.json()).result.structuredContent;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}
