import { join } from "node:path";
import { Client, type ClientOptions } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { z } from "zod";
import { type CliBench, openCliBench } from "../e2e/cli-bench.ts";
import { demoEnvironment } from "../e2e/demo-state.ts";

export const SLUICE = join(import.meta.dir, "..", "..", "bin", "sluice");

export interface ConnectOptions {
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly client?: ClientOptions;
}

/** A workspace, and real clients of `sluice mcp` over it. */
export interface McpBench extends AsyncDisposable {
  readonly cli: CliBench;
  /** What an agent program would give its server; it names nobody. */
  readonly env: Readonly<Record<string, string>>;
  readonly connect: (options?: ConnectOptions) => Promise<McpClient>;
}

export interface McpClient {
  readonly client: Client;
  readonly pid: number;
  /** Calls a tool; what it answers, whether it refused or not. */
  readonly call: (tool: string, input?: Readonly<Record<string, unknown>>) => Promise<ToolResult>;
  /** Calls a tool that must not refuse; the structured answer. */
  readonly answer: (
    tool: string,
    input?: Readonly<Record<string, unknown>>,
  ) => Promise<Readonly<Record<string, unknown>>>;
  /** The error of a tool that must refuse. */
  readonly refusal: (tool: string, input?: Readonly<Record<string, unknown>>) => Promise<Refusal>;
}

const ToolResult = z.object({
  isError: z.boolean().optional(),
  content: z.tuple([z.object({ type: z.literal("text"), text: z.string() })]),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
});
type ToolResult = z.infer<typeof ToolResult>;

const Refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});
type Refusal = z.infer<typeof Refusal>["error"];

export async function openMcpBench(): Promise<McpBench> {
  const cli = await openCliBench();
  const env = {
    ...demoEnvironment(cli.home),
    SLUICE_WORKSPACE: cli.workspace,
    SLUICE_STATE_DIR: join(cli.home, "state"),
  };
  const clients: Client[] = [];
  return {
    cli,
    env,
    connect: async ({ args = [], cwd = cli.repository, env: more = {}, client: options = {} } = {}) => {
      const transport = new StdioClientTransport({
        command: SLUICE,
        args: ["mcp", ...args],
        cwd,
        env: { ...env, ...more },
      });
      const client = new Client({ name: "sluice-test", version: "1" }, options);
      clients.push(client);
      await client.connect(transport);
      return clientOf(client, transport.pid ?? 0);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(clients.map((client) => client.close()));
      cli[Symbol.dispose]();
    },
  };
}

export function clientOf(client: Client, pid: number): McpClient {
  const call: McpClient["call"] = async (name, input = {}) =>
    ToolResult.parse(await client.callTool({ name, arguments: { ...input } }));
  return {
    client,
    pid,
    call,
    answer: async (tool, input) => {
      const { isError, content, structuredContent } = await call(tool, input);
      if (isError === true || structuredContent === undefined) throw new Error(`${tool}: ${content[0].text}`);
      return structuredContent;
    },
    refusal: async (tool, input) => {
      const { isError, content } = await call(tool, input);
      if (isError !== true) throw new Error(`${tool} did not refuse: ${content[0].text}`);
      return Refusal.parse(JSON.parse(content[0].text)).error;
    },
  };
}
