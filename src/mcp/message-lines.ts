import { Transform } from "node:stream";
import {
  deserializeMessage,
  ProtocolErrorCode,
  STDIO_DEFAULT_MAX_BUFFER_SIZE,
} from "@modelcontextprotocol/server";

/**
 * Lets the lines of a client through that are messages, and answers the others by the rules of JSON-RPC. The SDK's transport drops them,
 * so that their sender would wait for ever.
 * @param answer writes one line, with its end
 */
export function messageLines(answer: (line: string) => void): Transform {
  let rest = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
        const line = rest.subarray(0, end + 1);
        rest = rest.subarray(end + 1);
        const refusal = refusalOf(line);
        if (refusal === undefined) this.push(line);
        else answer(`${JSON.stringify(refusal)}\n`);
      }
      // Too long for a message: the transport says so, and ends.
      if (rest.length > STDIO_DEFAULT_MAX_BUFFER_SIZE) {
        this.push(rest);
        rest = Buffer.alloc(0);
      }
      done();
    },
  });
}

/** Undefined for a message, and for an empty line, which the transport passes over. */
function refusalOf(line: Buffer): object | undefined {
  let text: string;
  try {
    text = UTF_8.decode(line);
  } catch {
    return refusal(null, ProtocolErrorCode.ParseError, "The message is not UTF-8");
  }
  if (text.trim() === "") return undefined;
  try {
    deserializeMessage(text);
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError)
      return refusal(null, ProtocolErrorCode.ParseError, "The message is not JSON");
  }
  const value: unknown = JSON.parse(text);
  const message = Array.isArray(value)
    ? "Messages come one a line, not as a list"
    : 'The message is not a request, notification or response of JSON-RPC 2.0: it needs "jsonrpc", and "method" or a result';
  return refusal(idOf(value), ProtocolErrorCode.InvalidRequest, message);
}

const UTF_8 = new TextDecoder("utf-8", { fatal: true });

const refusal = (id: string | number | null, code: number, message: string) => ({
  jsonrpc: "2.0",
  id,
  error: { code, message },
});

function idOf(value: unknown): string | number | null {
  if (typeof value !== "object" || value === null || !("id" in value)) return null;
  return typeof value.id === "string" || typeof value.id === "number" ? value.id : null;
}
