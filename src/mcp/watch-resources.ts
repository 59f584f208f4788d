import { ResourceNotFoundError, type Server } from "@modelcontextprotocol/server";
import { type Changes, type Listening, sharedChanges } from "./changes.ts";
import type { MayHear, McpDoor } from "./mcp-door.ts";
import { isReadable, type RunOperation } from "./read-resource.ts";
import { shown } from "./shown.ts";

/** The first revision in which clients subscribe without asking the server itself. */
const WITHOUT_HANDSHAKE = "2026-07-28";

export interface ResourceWatch {
  /** To be called before a client is given what it may hear of later. */
  readonly reading: () => Promise<void>;
  readonly stop: () => void;
}

/** Tells changes to those who subscribed, where that is the server's own task. */
export function watchResources(
  server: Server,
  door: McpDoor,
  runFor: (signal: AbortSignal) => RunOperation,
): ResourceWatch {
  const { watch } = door;
  const closing = new AbortController();
  const mayHear: MayHear = async (uri) => await isReadable(runFor(closing.signal), uri);
  if (watch === undefined || watch.by === "carrier") {
    watch?.asks?.(mayHear);
    return { reading: async () => {}, stop: () => {} };
  }
  const changes: Changes =
    watch.by === "hearing"
      ? watch.changes
      : sharedChanges({ run: runFor(closing.signal), everyMs: watch.everyMs });
  const subscribed = new Set<string>();
  let listening: Listening | undefined;
  const start = async () => {
    listening ??= changes.listen((uri) => {
      if (isWithoutHandshake(server) || subscribed.has(uri))
        // A client that has gone away hears nothing.
        server.sendResourceUpdated({ uri }).catch(() => {});
    });
    await listening.ready;
  };
  const end = () => {
    listening?.stop();
    listening = undefined;
  };
  server.setRequestHandler("resources/subscribe", async ({ params }) => {
    const { uri } = params;
    if (!(await shown(door, mayHear(uri))))
      throw new ResourceNotFoundError(uri, `There is nothing at ${uri}`);
    subscribed.add(uri);
    await start();
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    subscribed.delete(params.uri);
    if (subscribed.size === 0) end();
    return {};
  });
  return {
    reading: async () => {
      if (isWithoutHandshake(server)) await start();
    },
    stop: () => {
      closing.abort();
      end();
    },
  };
}

const isWithoutHandshake = (server: Server): boolean =>
  server.getNegotiatedProtocolVersion() === WITHOUT_HANDSHAKE;
