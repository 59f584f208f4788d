import type { Server } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";

/**
 * Serves one client over standard input and output, every revision of the protocol, until the input ends, the client stops reading,
 * a message is longer than 10 MiB, or the signal is aborted. What is no message is dropped.
 */
export async function serveClient(make: () => Server, signal: AbortSignal): Promise<void> {
  const transport = new StdioServerTransport();
  const handle = serveStdio(make, { transport });
  const { promise: closed, resolve: end } = Promise.withResolvers<void>();
  const { onclose } = transport;
  transport.onclose = () => {
    onclose?.();
    end();
  };
  const stop = () => void handle.close();
  signal.addEventListener("abort", stop, { once: true });
  await closed;
  signal.removeEventListener("abort", stop);
}
