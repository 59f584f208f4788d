import { SLUICE } from "./mcp-bench.ts";

/** `sluice mcp` as a process, spoken to in lines. */
export interface LineServer {
  readonly pid: number;
  readonly send: (message: object | string | Buffer) => void;
  /** The next line of standard output, parsed. */
  readonly next: () => Promise<unknown>;
  readonly endInput: () => void;
  readonly exited: Promise<number>;
  readonly signal: (name: NodeJS.Signals) => void;
}

export function startLines(
  env: Readonly<Record<string, string>>,
  cwd: string,
  args: readonly string[] = [],
): LineServer {
  const child = Bun.spawn([SLUICE, "mcp", ...args], {
    cwd,
    env,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  const lines = linesOf(child.stdout);
  return {
    pid: child.pid,
    send: (message) => {
      const isRaw = typeof message === "string" || Buffer.isBuffer(message);
      void child.stdin.write(isRaw ? message : JSON.stringify(message));
      void child.stdin.write("\n");
      void child.stdin.flush();
    },
    next: async () => {
      const { value } = await lines.next();
      const parsed: unknown = JSON.parse(value ?? "null");
      return parsed;
    },
    endInput: () => void child.stdin.end(),
    exited: child.exited,
    signal: (name) => child.kill(name),
  };
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  return undefined;
}

/** The opening message of a client of a revision before 2026-07-28. */
export const initialize = (protocolVersion: string) => ({
  jsonrpc: "2.0",
  id: 1,
  method: "initialize",
  params: { protocolVersion, capabilities: {}, clientInfo: { name: "lines", version: "1" } },
});
