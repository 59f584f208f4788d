import type { Server, ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { McpDoor } from "./mcp-door.ts";
import { readResource, type RunOperation } from "./read-resource.ts";
import { resourceFeed } from "./resource-feed.ts";
import { ITEM_PARTS, itemUri } from "./resource-uri.ts";
import { shown } from "./shown.ts";

const Listed = z.object({
  items: z.array(z.object({ ref: z.string(), title: z.string() })),
  page: z.object({ next: z.string().nullable() }),
});

/** The first revision in which clients subscribe without asking the server itself. */
const WITHOUT_HANDSHAKE = "2026-07-28";

/**
 * Offers open items, and of each its plan, brief and log, to be read. Where the connection outlives a call, changes are told: to who
 * subscribed, and in revisions where a server does not hear of that, from the first reading on.
 * @returns ends that
 */
export function serveResources(
  server: Server,
  door: McpDoor,
  folders: () => Promise<readonly string[]>,
): () => void {
  const runFor =
    (signal: AbortSignal): RunOperation =>
    async (name, input) => {
      const operation = await door.operations[name]?.();
      if (operation === undefined) throw new Error(`${name} is in no registry`);
      const call = { operation, input, lease: undefined, signal, progress: () => {} };
      return await door.invoke({ ...call, folders: await folders() });
    };
  const watch = watching(server, door, runFor);

  server.setRequestHandler("resources/list", async ({ params }, context) => {
    const cursor = params?.cursor === undefined ? {} : { cursor: params.cursor };
    const { items, page } = Listed.parse(await shown(door, runFor(signalOf(context))("item.list", cursor)));
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
    if (server.getNegotiatedProtocolVersion() === WITHOUT_HANDSHAKE) await watch?.start();
    return { contents: [await shown(door, readResource(runFor(signalOf(context)), params.uri))] };
  });
  return () => watch?.stop();
}

/** Tells changes to those who subscribed. Undefined where no connection outlives a call. */
function watching(server: Server, door: McpDoor, runFor: (signal: AbortSignal) => RunOperation) {
  if (door.watchEveryMs === undefined) return undefined;
  const subscribed = new Set<string>();
  const closing = new AbortController();
  const feed = resourceFeed({
    run: runFor(closing.signal),
    everyMs: door.watchEveryMs,
    changed: (uri) => {
      if (server.getNegotiatedProtocolVersion() === WITHOUT_HANDSHAKE || subscribed.has(uri))
        // A client that has gone away hears nothing.
        server.sendResourceUpdated({ uri }).catch(() => {});
    },
  });
  server.setRequestHandler("resources/subscribe", async ({ params }) => {
    subscribed.add(params.uri);
    await feed.start();
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    subscribed.delete(params.uri);
    return {};
  });
  return {
    start: feed.start,
    stop: () => {
      closing.abort();
      feed.stop();
    },
  };
}

const signalOf = ({ mcpReq }: ServerContext): AbortSignal => mcpReq.signal;
