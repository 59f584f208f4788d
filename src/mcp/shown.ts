import { ProtocolError, ProtocolErrorCode } from "@modelcontextprotocol/server";
import type { McpDoor } from "./mcp-door.ts";

/** What the work gives; a refusal as an error of the protocol, for requests that have no other way to tell one. */
export async function shown<T>({ refusal }: McpDoor, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    const { code, message, hint } = await refusal(error);
    const text = hint === undefined ? message : `${message}. ${hint}`;
    throw new ProtocolError(ProtocolErrorCode.InternalError, text, { code });
  }
}
