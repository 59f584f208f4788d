import type { AnyOperation } from "#operations/operation.ts";
import { AGENT_TOOLS } from "./agent-tools.ts";
import { agentTool } from "./agent-tool.ts";
import type { McpTool } from "./mcp-tool.ts";
import { operationTool } from "./operation-tool.ts";

/** `agent` is the loop, `operator` what is around it, `all` both. */
export const TOOLSETS = ["agent", "operator", "all"] as const;
export type ToolsetName = (typeof TOOLSETS)[number];

/** The registry, or a part of it. */
export type Operations = Readonly<Record<string, () => Promise<AnyOperation>>>;

/** The tools of a set by name. Those of the loop come first, in its order; they are the same in every set. */
export async function toolsOf(
  operations: Operations,
  toolset: ToolsetName,
): Promise<ReadonlyMap<string, McpTool>> {
  const names = [...new Set([...Object.keys(AGENT_TOOLS), ...Object.keys(operations)])];
  const wanted = names.filter((name) => toolset === "all" || (toolset === "agent") === name in AGENT_TOOLS);
  const tools = await Promise.all(wanted.map(async (name) => toolOf(name, await operations[name]?.())));
  return new Map(tools.flat().map((tool) => [tool.name, tool]));
}

function toolOf(name: string, operation: AnyOperation | undefined): readonly McpTool[] {
  if (operation === undefined) return [];
  const entry = AGENT_TOOLS[name];
  return [entry === undefined ? operationTool(operation) : agentTool(operation, entry)];
}
