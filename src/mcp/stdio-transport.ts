import {
  deserializeMessage,
  type JSONRPCMessage,
  serializeMessage,
  type Transport,
} from "@modelcontextprotocol/server";

export interface Lines {
  /** The next line without its line break; undefined at the end of the input. */
  readonly line: () => Promise<string | undefined>;
  readonly write: (text: string) => Promise<void>;
}

/** A connection over lines of text: one message per line each way. It closes when the input ends. */
export interface StdioTransport extends Transport {
  /** Resolves once the connection is closed by either side. */
  readonly closed: Promise<void>;
}

export function stdioTransport({ line, write }: Lines, report: (error: unknown) => void): StdioTransport {
  const { promise: closed, resolve: end } = Promise.withResolvers<void>();
  let isClosed = false;
  let written = Promise.resolve();
  const transport: StdioTransport = {
    closed,
    start: () => {
      read().catch(report);
      return Promise.resolve();
    },
    send: (message) => {
      // In turn: two answers written at once would tear each other's line.
      written = written.then(() => write(serializeMessage(message)));
      return written;
    },
    close: () => {
      if (isClosed) return Promise.resolve();
      isClosed = true;
      transport.onclose?.();
      end();
      return Promise.resolve();
    },
  };
  return transport;

  async function read(): Promise<void> {
    for (let text = await line(); text !== undefined && !isClosed; text = await line()) {
      const message = messageOf(text);
      if (message !== undefined) transport.onmessage?.(message);
    }
    await transport.close?.();
  }

  function messageOf(text: string): JSONRPCMessage | undefined {
    if (text.trim() === "") return undefined;
    try {
      return deserializeMessage(text);
    } catch (error) {
      report(error);
      return undefined;
    }
  }
}
