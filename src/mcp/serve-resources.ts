import type { Server, ServerContext } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { McpDoor } from "./mcp-door.ts";
import { readResource, type RunOperation } from "./read-resource.ts";
import { ITEM_PARTS, itemUri } from "./resource-uri.ts";
import { shown } from "./shown.ts";
import { watchResources } from "./watch-resources.ts";

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
  door: McpDoor,
  folders: () => Promise<readonly string[]>,
): () => void {
  const runFor =
    (signal: AbortSignal): RunOperation =>
    async (name, input) => {
      const operation = await door.operations[name]?.();
      if (operation === undefined) throw new Error(`${name} is in no registry`);
      const call = {
        operation,
        input,
        lease: undefined,
        idempotencyKey: undefined,
        signal,
        progress: () => {},
      };
      return await door.invoke({ ...call, folders: await folders() });
    };
  const watch = watchResources(server, door, runFor);

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
    await watch.reading();
    return { contents: [await shown(door, readResource(runFor(signalOf(context)), params.uri))] };
  });
  return watch.stop;
}

const signalOf = ({ mcpReq }: ServerContext): AbortSignal => mcpReq.signal;
