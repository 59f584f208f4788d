import type { Server } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { type Lines, stdioTransport } from "./stdio-transport.ts";

/** Serves one client over lines of text, every revision of the protocol, until the input ends or the signal is aborted. */
export async function serveLines(make: () => Server, lines: Lines, signal: AbortSignal): Promise<void> {
  // What is no message is dropped, as the protocol's own transport does; standard output is for messages alone.
  const transport = stdioTransport(lines, () => {});
  const handle = serveStdio(make, { transport });
  const stop = () => void handle.close();
  signal.addEventListener("abort", stop, { once: true });
  await transport.closed;
  signal.removeEventListener("abort", stop);
}
