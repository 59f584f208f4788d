import type { CallToolResult } from "@modelcontextprotocol/server";
import type { SluiceError } from "#domain/errors.ts";
import { compactText } from "./compact-text.ts";
import type { McpCall, McpDoor } from "./mcp-door.ts";
import type { McpTool, ToolArguments } from "./mcp-tool.ts";
import { toolHint } from "./tool-hint.ts";

type CallSurroundings = Pick<McpCall, "folders" | "signal" | "progress"> & {
  /** What the agent may call next. */
  readonly tools: ReadonlyMap<string, McpTool>;
};

/** Calls a tool. A refusal is a result that says so, with the catalogue's code and what to do next; nothing is thrown. */
export async function callTool(
  door: McpDoor,
  tool: McpTool,
  given: ToolArguments,
  { tools, ...around }: CallSurroundings,
): Promise<CallToolResult> {
  const { operation } = tool;
  const { once, rest } = named(tool, given);
  const lease = leaseFor(door, tool, rest, once);
  try {
    const idempotencyKey = once === undefined ? undefined : (door.leases?.keyOf(once) ?? once);
    const answer = await door.invoke({
      ...around,
      operation,
      input: tool.input(rest),
      lease,
      idempotencyKey,
    });
    door.leases?.learn({ operation: operation.name, lease, ttl: rest["ttl"], once }, answer);
    const seen = tool.answer(answer, rest);
    return { content: [{ type: "text", text: compactText(seen) }], structuredContent: { ...seen } };
  } catch (error) {
    return refused(await door.refusal(error), tools);
  }
}

/** The name of the call apart from the rest. What is no text is left to the operation, which refuses a field that it has not got. */
function named(tool: McpTool, given: ToolArguments) {
  const { once, ...rest } = given;
  return typeof once === "string" && tool.takesOnce ? { once, rest } : { once: undefined, rest: given };
}

function leaseFor(
  { leases }: McpDoor,
  tool: McpTool,
  given: ToolArguments,
  once: string | undefined,
): string | undefined {
  if (!("lease" in (tool.inputSchema.properties ?? {}))) return undefined;
  const { lease, ref } = given;
  return typeof lease === "string" && lease !== "" ? lease : leases?.find(ref, once);
}

/** A detail longer than this that the sentence holds already is left out. */
const LONG_CHARACTERS = 40;

/** Text alone: a client would check a structured refusal against the schema of the answer. */
function refused(refusal: SluiceError, tools: ReadonlyMap<string, McpTool>): CallToolResult {
  const { error } = refusal.toJSON();
  const isTold = (detail: unknown) =>
    typeof detail === "string" && detail.length > LONG_CHARACTERS && error.message.includes(detail);
  const details = Object.fromEntries(Object.entries(error.details).filter(([, detail]) => !isTold(detail)));
  const hint = error.hint === undefined ? {} : { hint: toolHint(error.hint, tools) };
  return {
    content: [{ type: "text", text: JSON.stringify({ error: { ...error, ...hint, details } }) }],
    isError: true,
  };
}
