import { ProtocolError, ProtocolErrorCode, Server, type ServerContext } from "@modelcontextprotocol/server";
import { fileURLToPath } from "node:url";
import { callTool } from "./call-tool.ts";
import { keepLeases } from "./keep-leases.ts";
import type { McpInterface } from "./mcp-interface.ts";
import { servePrompts } from "./prompts.ts";
import { serveResources } from "./serve-resources.ts";
import { type ToolsetName, toolsOf } from "./toolset.ts";

/** A server of the Model Context Protocol over the registry, for one connection or, where there is none, one request. */
export function createMcpServer(mcp: McpInterface): Server {
  const server = new Server(
    { name: "sluice", version: mcp.version },
    {
      capabilities: {
        tools: {},
        prompts: {},
        resources: mcp.watch === undefined ? {} : { subscribe: true },
      },
      instructions: mcp.leases === undefined ? INSTRUCTIONS_WITHOUT_SESSION : instructionsFor(mcp.toolset),
    },
  );
  const folders = mcp.sharesFolders ? clientFolders(server) : () => Promise.resolve([]);
  const ends = [serveResources(server, mcp, folders), keepLeases(mcp, folders)];
  server.onclose = () => ends.forEach((end) => end());
  servePrompts(server);
  const tools = () => toolsOf(mcp.operations, mcp.toolset);

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
    return await reportProgress(context, mcp.progressEveryMs, async (progress) =>
      callTool(mcp, tool, params.arguments ?? {}, {
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

const WORK =
  "check that the brief still holds, plan_set, work and commit, then exactly one of finish, block, ask or release. Refusing with what you found is a good result. Name a write with `once` to repeat it safely.";

const LOOP = `Sluice is the backlog of this repository. Loop: claim, ${WORK}`;

const OTHER_WORK = "Found other work? propose it, do not do it.";
const IDLE = `When nothing is ready, wait. ${OTHER_WORK}`;

const IN_A_RUN = `Sluice is the backlog of this repository, and gave you an item: ${WORK} Its lease is known; leave \`lease\` out. ${OTHER_WORK}`;

const INSTRUCTIONS = `${LOOP} The lease that claim answers belongs to this session; give \`lease\` only if you hold several. ${IDLE}`;

/** The same, where nothing outlives a call. */
const INSTRUCTIONS_WITHOUT_SESSION = `${LOOP} Give the \`lease\` that claim answers to every call, and heartbeat in long work. ${IDLE}`;

/** What a client tells its model beside the tools, where a connection outlives its calls. */
const instructionsFor = (toolset: ToolsetName): string => (toolset === "run" ? IN_A_RUN : INSTRUCTIONS);

/**
 * Runs a call and, where the client asked for it, tells it how the work goes: each line of the work, and that it is alive every
 * `everyMs`, so that a client which gives silent calls up goes on waiting.
 */
async function reportProgress<T>(
  { mcpReq }: ServerContext,
  everyMs: number,
  work: (progress: (line: string) => void) => Promise<T>,
): Promise<T> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return await work(() => {});
  let progress = 0;
  const tell = (message: string) => {
    progress += 1;
    const params = { progressToken, progress, message };
    // A client that has gone away hears nothing; its call is ended by the signal.
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  };
  const timer = setInterval(() => tell("Still working"), everyMs);
  try {
    return await work(tell);
  } finally {
    clearInterval(timer);
  }
}

/** A client that offers its folders and then does not tell them holds a call up no longer than this. */
const ANSWER_MS = 2_000;

/**
 * The folders that the client works in, asked for once and again after it says that they changed. Revisions from 2026-07-28 on have
 * no such question: there, and where the client offers none, the list is empty.
 */
function clientFolders(server: Server): () => Promise<readonly string[]> {
  let known: Promise<readonly string[]> | undefined;
  server.setNotificationHandler("notifications/roots/list_changed", () => {
    known = undefined;
  });
  return () => {
    if (server.getClientCapabilities()?.roots === undefined) return Promise.resolve([]);
    known ??= ask(server);
    return known;
  };
}

async function ask(server: Server): Promise<readonly string[]> {
  try {
    const { roots } = await server.listRoots(undefined, { timeout: ANSWER_MS });
    return roots.flatMap(({ uri }) => folderOf(uri));
  } catch {
    // A client that cannot tell is one that offers none.
    return [];
  }
}

function folderOf(uri: string): readonly string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    return [];
  }
}
