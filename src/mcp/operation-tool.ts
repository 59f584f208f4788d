import { z } from "zod";
import type { AnyOperation } from "#operations/operation.ts";
import { compactAnswer, compactSchema, FIELDS_ARGUMENT } from "./compact-answer.ts";
import { objectSchema } from "./json-schema.ts";
import { hintsOf, type McpTool, ONCE, toolName } from "./mcp-tool.ts";

const Fields = z.array(z.string()).catch([]);

/** Any operation as a tool: all of its input, and an answer that names things by ref, lane and title. */
export function operationTool(operation: AnyOperation): McpTool {
  const input = objectSchema(operation.input, "input");
  const output = compactSchema(objectSchema(operation.output, "output"));
  const own = input.properties ?? {};
  const isAsked = output.isCompact && !("fields" in own);
  const takesOnce = operation.effect !== "read";
  return {
    name: toolName(operation.name),
    description: operation.summary,
    operation,
    inputSchema: {
      ...input,
      properties: { ...own, ...(isAsked ? { fields: FIELDS_ARGUMENT } : {}), ...(takesOnce ? ONCE : {}) },
    },
    takesOnce,
    outputSchema: output.schema,
    annotations: hintsOf(operation),
    input: (given) => {
      if (!isAsked) return given;
      const { fields: _, ...rest } = given;
      return rest;
    },
    answer: (answer, { fields }) =>
      compactAnswer(answer, operation.effect, isAsked ? Fields.parse(fields) : ["*"]),
  };
}
