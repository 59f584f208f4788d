import type { CallToolResult } from "@modelcontextprotocol/server";
import type { SluiceError } from "#domain/errors.ts";
import { compactText } from "./compact-text.ts";
import type { McpCall, McpDoor } from "./mcp-door.ts";
import type { McpTool, ToolArguments } from "./mcp-tool.ts";

type CallSurroundings = Pick<McpCall, "folders" | "signal" | "progress">;

/** Calls a tool. A refusal is a result that says so, with the catalogue's code and what to do next; nothing is thrown. */
export async function callTool(
  door: McpDoor,
  tool: McpTool,
  given: ToolArguments,
  around: CallSurroundings,
): Promise<CallToolResult> {
  const { operation } = tool;
  const lease = leaseFor(door, tool, given);
  try {
    const call = { ...around, operation, input: tool.input(given), lease };
    const answer = await door.invoke(call);
    door.leases?.learn(operation.name, lease, answer);
    const seen = tool.answer(answer, given);
    return { content: [{ type: "text", text: compactText(seen) }], structuredContent: { ...seen } };
  } catch (error) {
    return refused(await door.refusal(error));
  }
}

function leaseFor({ leases }: McpDoor, tool: McpTool, given: ToolArguments): string | undefined {
  if (!("lease" in (tool.inputSchema.properties ?? {}))) return undefined;
  const { lease, ref } = given;
  return typeof lease === "string" && lease !== "" ? lease : leases?.find(ref);
}

/** A detail longer than this that the sentence holds already is left out. */
const LONG_CHARACTERS = 40;

/** Text alone: a client would check a structured refusal against the schema of the answer. */
function refused(refusal: SluiceError): CallToolResult {
  const { error } = refusal.toJSON();
  const isTold = (detail: unknown) =>
    typeof detail === "string" && detail.length > LONG_CHARACTERS && error.message.includes(detail);
  const details = Object.fromEntries(Object.entries(error.details).filter(([, detail]) => !isTold(detail)));
  return {
    content: [{ type: "text", text: JSON.stringify({ error: { ...error, details } }) }],
    isError: true,
  };
}
