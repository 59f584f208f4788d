import { expect, test } from "bun:test";
import { wireMcp } from "#compose/mcp/wire-mcp.ts";
import { SluiceError } from "#domain/errors.ts";
import { operationBench } from "#test/operation-bench.ts";
import { agent } from "#test/stores.ts";
import { openHttpBench } from "./http-bench.ts";
import { initialize } from "./lines.ts";

const modern = (method: string, params: object) => ({
  jsonrpc: "2.0",
  id: 1,
  method,
  params: {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
      "io.modelcontextprotocol/clientCapabilities": {},
    },
    ...params,
  },
});
const headersOf = (method: string) => ({ "mcp-protocol-version": "2026-07-28", "mcp-method": method });

test("MC41 sessions and streams of a caller who is known no more end, and those of others do not", async () => {
  let isOver = false;
  await using bench = await openHttpBench({
    isKnown: ({ actor }) => Promise.resolve(!isOver || actor.name !== "robot"),
  });
  const begin = async (token: string) => {
    const begun = await bench.post(token, initialize("2025-11-25"));
    await begun.text();
    return { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
  };
  const [session, other] = [await begin("robot"), await begin("zoe")];
  const stream = await bench.request("GET", "robot", session);
  const notifications = { resourceSubscriptions: [] };
  const listen = modern("subscriptions/listen", { notifications });
  const listening = await bench.post("robot", listen, headersOf("subscriptions/listen"));
  isOver = true;
  expect(await stream.text()).toBe(":\n\n");
  expect(await listening.text()).toContain("acknowledged");
  expect((await bench.request("PUT", "robot", session)).status).toBe(404);
  expect((await bench.request("PUT", "zoe", other)).status).toBe(405);
});

test("MC41 under what is known no more nothing is called", async () => {
  await using work = await operationBench();
  let isKnown = true;
  const http = wireMcp({ version: "1" }, work.context(agent()), {
    refusal: (error) =>
      Promise.resolve(error instanceof SluiceError ? error : new SluiceError("internal", String(error))),
    isKnown: () => Promise.resolve(isKnown),
  });
  const call = async () => {
    const request = new Request("http://127.0.0.1/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-name": "propose",
        ...headersOf("tools/call"),
      },
      body: JSON.stringify(modern("tools/call", { name: "propose", arguments: { title: "Mend" } })),
    });
    const response = await http.fetch(request, agent());
    return await response.text();
  };
  isKnown = false;
  expect(await call()).toContain("denied");
  expect(await work.call("gate.list")).toMatchObject({ candidates: [] });
  isKnown = true;
  expect(await call()).toContain("C-1");
  await http.close();
});
