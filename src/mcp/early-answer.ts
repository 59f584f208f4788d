import { capabilitiesOf, HANDSHAKE_REVISIONS, SERVER_NAME } from "./capabilities.ts";
import { instructionsFor } from "./instructions.ts";
import type { ToolsetName } from "./toolset-name.ts";

/** A handshake that was answered before the server was there to hear it. */
export interface EarlyAnswer {
  readonly id: string | number;
  /** One message, as the server itself would answer. */
  readonly answer: string;
}

/**
 * The answer to a client's opening line, where that is a plain handshake: it is the same whatever the workspace, and an agent program
 * that has it goes on starting while the server loads. Undefined for anything else, which the server answers itself.
 */
export function earlyAnswer(line: string, version: string, toolset: ToolsetName): EarlyAnswer | undefined {
  const message = parsed(line);
  if (!isObject(message) || message["method"] !== "initialize" || message["jsonrpc"] !== "2.0")
    return undefined;
  const { id, params } = message;
  if ((typeof id !== "string" && typeof id !== "number") || !isPlain(params)) return undefined;
  const asked = String(params["protocolVersion"]);
  const result = {
    protocolVersion: HANDSHAKE_REVISIONS.includes(asked) ? asked : HANDSHAKE_REVISIONS[0],
    capabilities: capabilitiesOf({ tellsChanges: true }),
    serverInfo: { name: SERVER_NAME, version },
    instructions: instructionsFor(toolset),
  };
  return { id, answer: `${JSON.stringify({ result, jsonrpc: "2.0", id })}\n` };
}

type Values = Readonly<Record<string, unknown>>;

/** Whether the server would surely accept it; what is unusual is left to the server. */
function isPlain(params: unknown): params is Values {
  if (!isObject(params) || "_meta" in params || typeof params["protocolVersion"] !== "string") return false;
  const { capabilities, clientInfo } = params;
  if (!isObject(capabilities) || !Object.values(capabilities).every(isObject)) return false;
  return (
    isObject(clientInfo) &&
    typeof clientInfo["name"] === "string" &&
    typeof clientInfo["version"] === "string"
  );
}

const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(line: string): unknown {
  try {
    const value: unknown = JSON.parse(line);
    return value;
  } catch {
    return undefined;
  }
}
