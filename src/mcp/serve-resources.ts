import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  type Server,
  type ServerContext,
} from "@modelcontextprotocol/server";
import { z } from "zod";
import { type Changes, type Listening, sharedChanges } from "./changes.ts";
import type { MayHear, McpInterface } from "./mcp-interface.ts";
import { ITEM_PARTS, type RunOperation, isReadable, itemUri, readResource } from "./read-resource.ts";

const Listed = z.object({
  items: z.array(z.object({ ref: z.string(), title: z.string() })),
  page: z.object({ next: z.string().nullable() }),
});

/**
 * Offers open items, and of each its plan, brief and log, to be read. Where the connection outlives a call, changes are told: to who
 * subscribed, and in revisions where a server does not hear of that, from the first reading on.
 * @returns ends that
 */
export function serveResources(
  server: Server,
  mcp: McpInterface,
  folders: () => Promise<readonly string[]>,
): () => void {
  const runFor =
    (signal: AbortSignal): RunOperation =>
    async (name, input) => {
      const operation = await mcp.operations[name]?.();
      if (operation === undefined) throw new Error(`${name} is in no registry`);
      const call = {
        operation,
        input,
        lease: undefined,
        idempotencyKey: undefined,
        signal,
        progress: () => {},
      };
      return await mcp.invoke({ ...call, folders: await folders() });
    };
  const watch = watchResources(server, mcp, runFor);

  server.setRequestHandler("resources/list", async ({ params }, context) => {
    const cursor = params?.cursor === undefined ? {} : { cursor: params.cursor };
    const { items, page } = Listed.parse(await shown(mcp, runFor(signalOf(context))("item.list", cursor)));
    const resources = items.map(({ ref, title }) => ({
      uri: itemUri(ref),
      name: ref,
      title,
      mimeType: ITEM_PARTS.item.mimeType,
    }));
    return { resources, ...(page.next === null ? {} : { nextCursor: page.next }) };
  });
  server.setRequestHandler("resources/templates/list", () => ({
    resourceTemplates: Object.entries(ITEM_PARTS).map(([name, { path, mimeType, description }]) => ({
      uriTemplate: `sluice://item/{ref}${path}`,
      name,
      mimeType,
      description,
    })),
  }));
  server.setRequestHandler("resources/read", async ({ params }, context) => {
    await watch.reading();
    return { contents: [await shown(mcp, readResource(runFor(signalOf(context)), params.uri))] };
  });
  return watch.stop;
}

const signalOf = ({ mcpReq }: ServerContext): AbortSignal => mcpReq.signal;

/** The first revision in which clients subscribe without asking the server itself. */
const WITHOUT_HANDSHAKE = "2026-07-28";

interface ResourceWatch {
  /** To be called before a client is given what it may hear of later. */
  readonly reading: () => Promise<void>;
  readonly stop: () => void;
}

/** Tells changes to those who subscribed, where that is the server's own task. */
function watchResources(
  server: Server,
  mcp: McpInterface,
  runFor: (signal: AbortSignal) => RunOperation,
): ResourceWatch {
  const { watch } = mcp;
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
    if (!(await shown(mcp, mayHear(uri)))) throw new ResourceNotFoundError(uri, `There is nothing at ${uri}`);
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

/** What the work gives; a refusal as an error of the protocol, for requests that have no other way to tell one. */
async function shown<T>({ refusal }: McpInterface, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    const { code, message, hint } = await refusal(error);
    const text = hint === undefined ? message : `${message}. ${hint}`;
    throw new ProtocolError(ProtocolErrorCode.InternalError, text, { code });
  }
}
