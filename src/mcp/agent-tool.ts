import type { AnyOperation } from "#operations/operation.ts";
import type { AgentTool } from "./agent-tools.ts";
import { objectSchema, type ObjectSchema } from "./json-schema.ts";
import { hintsOf, type McpTool, ONCE, toolName } from "./mcp-tool.ts";

/** An operation of the loop as its entry among the agent's tools says. */
export function agentTool(operation: AnyOperation, entry: AgentTool): McpTool {
  return {
    name: toolName(operation.name),
    description: entry.description,
    operation,
    inputSchema: inputSchema(operation, entry),
    takesOnce: entry.takesOnce === true,
    outputSchema: objectSchema(entry.output, "output"),
    annotations: hintsOf(operation),
    input: (given) => {
      if (entry.underLease !== true) return { ...entry.preset, ...given };
      const { lease: _, ...rest } = given;
      return { ...entry.preset, ...rest };
    },
    answer: (answer) => entry.output.parse(answer),
  };
}

function inputSchema(
  operation: AnyOperation,
  { fields, preset = {}, underLease, takesOnce }: AgentTool,
): ObjectSchema {
  const whole = objectSchema(operation.input, "input");
  const told = Object.entries(fields).map(([name, description]) => {
    const { description: _, ...schema } = whole.properties?.[name] ?? {};
    return [name, description === "" ? schema : { ...schema, description }] as const;
  });
  const required = whole.required?.filter((name) => name in fields && !(name in preset)) ?? [];
  return {
    type: "object",
    properties: {
      ...Object.fromEntries([...told, ...(underLease === true ? [LEASE] : [])]),
      ...(takesOnce === true ? ONCE : {}),
    },
    ...(required.length === 0 ? {} : { required }),
  };
}

const LEASE: readonly [string, { type: string }] = ["lease", { type: "string" }];
