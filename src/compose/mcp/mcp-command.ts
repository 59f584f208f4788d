import type { Server } from "@modelcontextprotocol/server";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";
import { defineCommandBody, type OutsideCall } from "#cli/outside-command.ts";
import { logBug } from "#cli/report-error.ts";
import { SluiceError } from "#domain/errors.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { createMcpServer } from "#mcp/create-mcp-server.ts";
import { messageLines } from "#mcp/message-lines.ts";
import { sessionLeases } from "#mcp/session-leases.ts";
import { defaultToolset, TOOLSETS } from "#mcp/toolset.ts";
import { invoke } from "#operations/invoke.ts";
import { REGISTRY } from "#operations/registry.ts";
import { mcpSession } from "./mcp-session.ts";

/** Common clients give a call up after 60 s of silence. */
const PROGRESS_EVERY_MS = 10_000;

/** Soon enough for a person who looks on, and one short look per second for the database, once somebody subscribed. */
const WATCH_EVERY_MS = 1_000;

/** Speaks the Model Context Protocol over standard input and output until the input ends. */
export const mcpCommand = defineCommandBody({
  input: z.object({
    toolset: z
      .enum(TOOLSETS)
      .optional()
      .describe(
        "Which tools: those of the loop (agent), those for an item that is leased already (run), those around the loop (operator), or all. Default: run where a lease is given, else agent",
      ),
  }),
  run: async (call, { toolset }) => {
    const { surroundings, globals } = call;
    const session = mcpSession(call);
    const { version } = surroundings;
    try {
      const leases = sessionLeases({ own: globals.lease, id: crypto.randomUUID() });
      await serveClient(
        () =>
          createMcpServer({
            version,
            toolset: toolset ?? defaultToolset(globals.lease),
            operations: REGISTRY,
            leases,
            keepEveryMs: MIN_LEASE_MS / 4,
            watch: { by: "looking", everyMs: WATCH_EVERY_MS },
            sharesFolders: true,
            progressEveryMs: PROGRESS_EVERY_MS,
            invoke: async (one) => await invoke(await session.context(one), one.operation, one.input),
            refusal: (error) => refusal(call, error),
          }),
        stopSignal(surroundings.signal),
      );
      return 0;
    } finally {
      await session.close();
    }
  },
});

async function refusal({ surroundings }: OutsideCall, error: unknown): Promise<SluiceError> {
  return error instanceof SluiceError && error.code !== "internal"
    ? error
    : await logBug(surroundings, error);
}

/** Aborted by SIGTERM and SIGINT: clients end a server with either. */
function stopSignal(interrupted: AbortSignal): AbortSignal {
  const controller = new AbortController();
  process.once("SIGTERM", () => controller.abort());
  return AbortSignal.any([interrupted, controller.signal]);
}

/**
 * Serves one client over standard input and output, every revision of the protocol, until the input ends, the client stops reading,
 * a message is longer than 10 MiB, or the signal is aborted. What is not a message is answered as JSON-RPC
 * says.
 */
export async function serveClient(make: () => Server, signal: AbortSignal): Promise<void> {
  const { stdin, stdout } = process;
  const transport = new StdioServerTransport(stdin.pipe(messageLines((line) => void stdout.write(line))));
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
  stdin.unpipe().pause();
}
