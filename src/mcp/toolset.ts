import type { AnyOperation } from "#operations/operation.ts";
import { AGENT_TOOLS, agentTool } from "./agent-tools.ts";
import type { McpTool } from "./mcp-tool.ts";
import { operationTool } from "./operation-tool.ts";

/** Tools of the loop that find an item and hold it: a run was given one, and its worker holds it. */
const BEFORE_A_RUN: ReadonlySet<string> = new Set(["next", "claim", "heartbeat", "wait"]);

/** The registry, or a part of it. */
export type Operations = Readonly<Record<string, () => Promise<AnyOperation>>>;

type Tools = ReadonlyMap<string, McpTool>;

/** Over HTTP each request has a server of its own, and a schema takes as long to write as ten calls. */
const made = new WeakMap<Operations, Map<ToolsetName, Promise<Tools>>>();

/** The tools of a set by name, made once. Those of the loop come first, in its order; they are the same in every set. */
export function toolsOf(operations: Operations, toolset: ToolsetName): Promise<Tools> {
  const sets = made.get(operations) ?? new Map<ToolsetName, Promise<Tools>>();
  made.set(operations, sets);
  const tools = sets.get(toolset) ?? makeTools(operations, toolset);
  sets.set(toolset, tools);
  return tools;
}

async function makeTools(operations: Operations, toolset: ToolsetName): Promise<Tools> {
  const names = [...new Set([...Object.keys(AGENT_TOOLS), ...Object.keys(operations)])];
  const wanted = names.filter((name) => isIn(toolset, name));
  const tools = await Promise.all(wanted.map(async (name) => toolOf(name, await operations[name]?.())));
  return new Map(tools.flat().map((tool) => [tool.name, tool]));
}

function isIn(toolset: ToolsetName, name: string): boolean {
  const isOfTheLoop = name in AGENT_TOOLS;
  switch (toolset) {
    case "all":
      return true;
    case "agent":
      return isOfTheLoop;
    case "run":
      return isOfTheLoop && !BEFORE_A_RUN.has(name);
    case "operator":
      return !isOfTheLoop;
  }
}

function toolOf(name: string, operation: AnyOperation | undefined): readonly McpTool[] {
  if (operation === undefined) return [];
  const entry = AGENT_TOOLS[name];
  return [entry === undefined ? operationTool(operation) : agentTool(operation, entry)];
}

/** `agent` is the loop, `run` what of it is for whoever has an item already, `operator` what is around the loop, `all` all of it. */
export const TOOLSETS = ["agent", "run", "operator", "all"] as const;
export type ToolsetName = (typeof TOOLSETS)[number];

/** The set that is offered where none is asked for: whoever was started with a lease has an item. */
export function defaultToolset(lease: string | undefined): ToolsetName {
  return lease === undefined ? "agent" : "run";
}
