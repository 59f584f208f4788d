import { expect, test } from "bun:test";
import { Client } from "@modelcontextprotocol/client";
import { InMemoryTransport } from "@modelcontextprotocol/server";
import { SluiceError } from "#domain/errors.ts";
import { createMcpServer } from "#mcp/create-mcp-server.ts";
import type { McpCall } from "#mcp/mcp-interface.ts";
import { REGISTRY } from "#operations/registry.ts";

/** A client in this process of a server whose operations are run by `invoke`. */
async function clientOf(invoke: (call: McpCall) => Promise<unknown>) {
  const server = createMcpServer({
    version: "1",
    toolset: "agent",
    operations: REGISTRY,
    progressEveryMs: 5,
    sharesFolders: false,
    invoke,
    refusal: (error) => Promise.resolve(new SluiceError("internal", String(error))),
  });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "test", version: "1" });
  await Promise.all([server.connect(far), client.connect(near)]);
  return client;
}

test("a long call tells that it is alive, and what it does", async () => {
  const { promise: heard, resolve } = Promise.withResolvers<void>();
  const client = await clientOf(async ({ progress }) => {
    progress("Looking");
    await heard;
    return { ready: 1 };
  });
  const lines: (string | undefined)[] = [];
  const onprogress = ({ message }: { message?: string | undefined }) => {
    lines.push(message);
    if (lines.length === 3) resolve();
  };
  const { structuredContent } = await client.callTool({ name: "wait", arguments: {} }, { onprogress });
  expect(structuredContent).toEqual({ ready: 1 });
  expect(lines.slice(0, 3)).toEqual(["Looking", "Still working", "Still working"]);
  await client.close();
});

test("a call that the client gives up ends its work", async () => {
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const client = await clientOf(async ({ signal }) => {
    signal.addEventListener("abort", () => end(), { once: true });
    begin();
    await ended;
    return { ready: 1 };
  });
  const giveUp = new AbortController();
  const call = client.callTool({ name: "wait", arguments: {} }, { signal: giveUp.signal });
  const outcome = call.then(
    () => "answered",
    () => "given up",
  );
  await began;
  giveUp.abort();
  expect(await outcome).toBe("given up");
  await ended;
  await client.close();
});
