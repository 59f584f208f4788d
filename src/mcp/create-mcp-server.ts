import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import { callTool } from "./call-tool.ts";
import { clientFolders } from "./client-folders.ts";
import { INSTRUCTIONS_WITHOUT_SESSION, instructionsFor } from "./instructions.ts";
import { keepLeases } from "./keep-leases.ts";
import type { McpDoor } from "./mcp-door.ts";
import { servePrompts } from "./serve-prompts.ts";
import { serveResources } from "./serve-resources.ts";
import { reportProgress } from "./report-progress.ts";
import { toolsOf } from "./toolset.ts";

/** A server of the Model Context Protocol over the registry, for one connection or, where there is none, one request. */
export function createMcpServer(door: McpDoor): Server {
  const server = new Server(
    { name: "sluice", version: door.version },
    {
      capabilities: {
        tools: {},
        prompts: {},
        resources: door.watch === undefined ? {} : { subscribe: true },
      },
      instructions: door.leases === undefined ? INSTRUCTIONS_WITHOUT_SESSION : instructionsFor(door.toolset),
    },
  );
  const folders = door.sharesFolders ? clientFolders(server) : () => Promise.resolve([]);
  const ends = [serveResources(server, door, folders), keepLeases(door, folders)];
  server.onclose = () => ends.forEach((end) => end());
  servePrompts(server);
  const tools = () => toolsOf(door.operations, door.toolset);

  server.setRequestHandler("tools/list", async () => ({
    tools: [...(await tools()).values()].map(
      ({ name, description, inputSchema, outputSchema, annotations }) => ({
        name,
        description,
        inputSchema,
        outputSchema,
        annotations,
      }),
    ),
  }));
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const all = await tools();
    const tool = all.get(params.name);
    if (tool === undefined) throw unknownTool(params.name, [...all.keys()]);
    return await reportProgress(context, door.progressEveryMs, async (progress) =>
      callTool(door, tool, params.arguments ?? {}, {
        tools: all,
        folders: await folders(),
        signal: context.mcpReq.signal,
        progress,
      }),
    );
  });
  return server;
}

function unknownTool(name: string, names: readonly string[]): ProtocolError {
  const shown = JSON.stringify(name.slice(0, 80));
  return new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `There is no tool ${shown}; there are ${names.join(", ")}`,
  );
}
