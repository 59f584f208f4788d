import { expect, test } from "bun:test";
import { z } from "zod";
import { openHttpBench, type HttpBench } from "./http-bench.ts";
import { initialize } from "./lines.ts";

const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] as const;
const PINNED = { versionNegotiation: { mode: { pin: "2026-07-28" } } } as const;

const addItem = async ({ work }: HttpBench, title: string) =>
  await work.call("item.add", { title, lane: "autonomous_safe", project: "app" });

/** The messages of a stream, one after the other. */
async function* messagesOf(response: Response): AsyncGenerator<unknown, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  const body: ReadableStream<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) if (line.startsWith("data: {")) yield JSON.parse(line.slice("data: ".length));
  }
  return undefined;
}

async function begin(bench: HttpBench, token: string, version = "2025-11-25"): Promise<string> {
  const response = await bench.post(token, initialize(version));
  await response.text();
  return response.headers.get("mcp-session-id") ?? "none";
}

const call = (name: string, given: object = {}) => ({
  jsonrpc: "2.0",
  id: 7,
  method: "tools/call",
  params: { name, arguments: given },
});

/** A message as revisions without a handshake want it. */
const modern = (id: number, method: string, params: object = {}) => ({
  jsonrpc: "2.0",
  id,
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
const modernHeaders = (method: string) => ({ "mcp-protocol-version": "2026-07-28", "mcp-method": method });

test.each(LEGACY)("MC25 over HTTP a session begins with a handshake: %s", async (version) => {
  await using bench = await openHttpBench();
  await addItem(bench, "One");
  const response = await bench.post("robot", initialize(version));
  const id = response.headers.get("mcp-session-id") ?? "";
  expect((await messagesOf(response).next()).value).toMatchObject({ result: { protocolVersion: version } });
  const headers = { "mcp-session-id": id, "mcp-protocol-version": version };
  expect(
    (await bench.post("robot", { jsonrpc: "2.0", method: "notifications/initialized" }, headers)).status,
  ).toBe(202);
  const answered = await bench.post("robot", call("next"), headers);
  expect((await messagesOf(answered).next()).value).toMatchObject({
    result: { structuredContent: { item: { ref: "OB-1" } } },
  });
  expect((await bench.request("DELETE", "robot", headers)).status).toBe(200);
  expect((await bench.post("robot", call("next"), headers)).status).toBe(404);
});

test("MC25 over HTTP an agent goes through the loop in a session, and nobody has to repeat the lease", async () => {
  await using bench = await openHttpBench();
  await addItem(bench, "One");
  const agent = await bench.connect("robot");
  expect(agent.client.getInstructions()).toContain("belongs to this session");
  expect(await agent.answer("claim")).toMatchObject({ item: { ref: "OB-1" } });
  await agent.answer("plan_set", { ref: "OB-1", body: "1. Do" });
  expect(await agent.answer("finish", { note: "Done" })).toMatchObject({ item: { state: "review" } });
});

test("MC25 over HTTP the revision without a handshake has no session, and each call names its lease", async () => {
  await using bench = await openHttpBench();
  await addItem(bench, "One");
  const agent = await bench.connect("robot", PINNED);
  expect(agent.client.getInstructions()).toContain("to every call");
  const { lease } = z.object({ lease: z.object({ id: z.string() }) }).parse(await agent.answer("claim"));
  expect((await agent.refusal("finish", { note: "Done" })).message).toContain("lease is missing");
  const done = await agent.answer("finish", { lease: lease.id, note: "Done" });
  expect(done).toMatchObject({ item: { state: "review" } });
  const answered = await bench.post("robot", modern(1, "tools/list"), modernHeaders("tools/list"));
  expect(answered.headers.get("mcp-session-id")).toBeNull();
  expect(answered.status).toBe(200);
});

test("MC26 the caller is whoever the request was let in as, whatever the client says", async () => {
  await using bench = await openHttpBench();
  await addItem(bench, "One");
  const actors = async () =>
    z
      .object({ item: z.object({ notes: z.array(z.object({ actor: z.string() })) }) })
      .parse(await bench.work.call("item.show", { ref: "OB-1" }))
      .item.notes.map(({ actor }) => actor);
  for (const options of [{}, PINNED]) {
    const agent = await bench.connect("robot", options);
    await agent.answer("note", { ref: "OB-1", text: "Seen" });
    expect((await agent.refusal("note", { ref: "OB-1", text: "I am Ada", as: "human:ada" })).code).toBe(
      "invalid",
    );
    expect((await agent.refusal("gate_approve", { refs: ["C-1"] })).code).toBe("denied");
  }
  const headers = { ...modernHeaders("tools/call"), "mcp-name": "note" };
  const { params, ...rest } = modern(1, "tools/call", {
    name: "note",
    arguments: { ref: "OB-1", text: "Also" },
  });
  const meta = { ...params._meta, actor: "human:ada", authInfo: { clientId: "human:ada" } };
  await (await bench.post("zoe", { ...rest, params: { ...params, _meta: meta } }, headers)).text();
  expect(await actors()).toEqual(["ai:robot", "ai:robot", "ai:zoe"]);
});

test("MC26 a session is not there for anybody but who began it", async () => {
  await using bench = await openHttpBench();
  const headers = { "mcp-session-id": await begin(bench, "robot") };
  expect((await bench.post("zoe", call("next"), headers)).status).toBe(404);
  expect((await bench.request("GET", "ada", headers)).status).toBe(404);
  expect((await bench.request("DELETE", "zoe", headers)).status).toBe(404);
  expect((await bench.post("robot", call("next"), headers)).status).toBe(200);
});

test("MC27 a session ends when it is idle for too long, not while a stream of it is open", async () => {
  await using bench = await openHttpBench({ idleMs: 100 });
  const idle = { "mcp-session-id": await begin(bench, "robot") };
  let busy = idle;
  let stream = await bench.request("GET", "robot", { "mcp-session-id": "none" });
  let begun = 1;
  // A machine that is slow may end this one as well before its stream is asked for.
  for (; stream.status === 404; begun += 1) {
    busy = { "mcp-session-id": await begin(bench, "robot") };
    stream = await bench.request("GET", "robot", busy);
  }
  await (await bench.post("robot", call("next"), busy)).text();
  await begin(bench, "robot");
  begun += 1;
  await bench.ended(begun - 1);
  expect((await bench.request("PUT", "robot", idle)).status).toBe(404);
  expect((await bench.request("PUT", "robot", busy)).status).toBe(405);
  await stream.body?.cancel();
  await bench.ended(begun);
  expect((await bench.request("PUT", "robot", busy)).status).toBe(404);
});

test("MC27 where sessions are many an idle one of the caller makes room, else one of who has most", async () => {
  await using bench = await openHttpBench({ maxSessions: 3 });
  const session = async (token: string) => ({ "mcp-session-id": await begin(bench, token) });
  const isThere = async (token: string, headers: Readonly<Record<string, string>>) => {
    const { status } = await bench.request("PUT", token, headers);
    return status !== 404;
  };
  const first = await session("robot");
  const second = await session("robot");
  const other = await session("zoe");
  const third = await session("robot");
  expect(await isThere("robot", first)).toBe(false);
  const again = await session("zoe");
  expect(await isThere("zoe", other)).toBe(false);
  const late = await session("yan");
  expect(await isThere("robot", second)).toBe(false);
  expect([await isThere("robot", third), await isThere("zoe", again), await isThere("yan", late)]).toEqual([
    true,
    true,
    true,
  ]);
  expect((await bench.post("kim", initialize("2025-11-25"))).status).toBe(503);
});

test("MC27 what is no handshake begins no session, and a body that is no message is refused", async () => {
  await using bench = await openHttpBench({ maxSessions: 1 });
  const lost = await bench.post("robot", call("next"));
  expect(lost.status).toBe(400);
  await bench.ended(1);
  expect((await bench.post("robot", { hello: 1 })).status).toBe(400);
  expect((await bench.request("GET", "robot")).status).toBe(400);
  expect((await bench.request("POST", "robot", { "content-type": "text/plain" })).status).toBe(415);
  expect(await begin(bench, "zoe")).not.toBe("none");
});

test.each([
  ["in a session", {}],
  ["without one", PINNED],
] as const)("over HTTP a change is told to who subscribed: %s", async (_, options) => {
  await using bench = await openHttpBench();
  await addItem(bench, "One");
  await addItem(bench, "Two");
  const { client } = await bench.connect("robot", options);
  const told: string[] = [];
  const heard = Promise.withResolvers<void>();
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
    told.push(params.uri);
    heard.resolve();
  });
  const uri = "sluice://item/OB-1";
  if ("versionNegotiation" in options) await client.listen({ resourceSubscriptions: [uri] });
  else await client.subscribeResource({ uri });
  await bench.work.call("note", { ref: "OB-2", text: "Of no interest" });
  await bench.work.call("note", { ref: "OB-1", text: "Seen" });
  await heard.promise;
  expect(told).toEqual([uri]);
});

test.each([
  ["in a session", {}],
  ["without one", PINNED],
] as const)(
  "over HTTP a long call tells that it is alive, and ends when it is given up: %s",
  async (_, options) => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
    await using bench = await openHttpBench({
      invoke: async ({ signal, progress }) => {
        progress("Looking");
        signal.addEventListener("abort", () => end(), { once: true });
        await ended;
        return { ready: 1 };
      },
    });
    const { client } = await bench.connect("robot", options);
    const lines: (string | undefined)[] = [];
    const onprogress = ({ message }: { message?: string | undefined }) => {
      lines.push(message);
      if (lines.length === 3) hear();
    };
    const giveUp = new AbortController();
    const outcome = client
      .callTool({ name: "wait", arguments: {} }, { onprogress, signal: giveUp.signal })
      .then(
        () => "answered",
        () => "given up",
      );
    await heard;
    giveUp.abort();
    expect(await outcome).toBe("given up");
    expect(lines.slice(0, 2)).toEqual(["Looking", "Still working"]);
    await ended;
  },
);

test("over HTTP a subscription is confirmed once changes are looked for", async () => {
  const { promise: seen, resolve: see } = Promise.withResolvers<void>();
  await using bench = await openHttpBench({ beforeLook: () => seen });
  const notifications = { resourceSubscriptions: ["sluice://item/OB-1"] };
  const listen = modern(3, "subscriptions/listen", { notifications });
  const order: string[] = [];
  const confirmed = bench
    .post("robot", listen, modernHeaders("subscriptions/listen"))
    .then(async (response) => {
      const { value } = await messagesOf(response).next();
      order.push(z.object({ method: z.string() }).parse(value).method);
    });
  await (await bench.post("robot", modern(4, "tools/list"), modernHeaders("tools/list"))).text();
  await (await bench.post("robot", modern(5, "prompts/list"), modernHeaders("prompts/list"))).text();
  order.push("looked");
  see();
  await confirmed;
  expect(order).toEqual(["looked", "notifications/subscriptions/acknowledged"]);
});

test.each([
  ["in a session", {}],
  ["without one", PINNED],
] as const)("nobody hears of an item that they may not read: %s", async (_, options) => {
  await using bench = await openHttpBench();
  await bench.work.call("project.add", { name: "Other", alias: "other" });
  await addItem(bench, "One");
  await bench.work.call("item.add", { title: "Two", lane: "autonomous_safe", project: "other" });
  const { client } = await bench.connect("app-only", options);
  const told: string[] = [];
  const heard = Promise.withResolvers<void>();
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
    told.push(params.uri);
    heard.resolve();
  });
  const [own, others] = ["sluice://item/OB-1", "sluice://item/OB-2"];
  if ("versionNegotiation" in options) {
    const { honoredFilter } = await client.listen({ resourceSubscriptions: [others, own] });
    expect(honoredFilter.resourceSubscriptions).toEqual([own]);
  } else {
    const refused = await client.subscribeResource({ uri: others }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: -32602 });
    await client.subscribeResource({ uri: own });
  }
  await bench.work.call("note", { ref: "OB-2", text: "Of no concern" });
  await bench.work.call("note", { ref: "OB-1", text: "Seen" });
  await heard.promise;
  expect(told).toEqual([own]);
});

test.each(["drain", "close"] as const)("streams end when the server stops: %s", async (how) => {
  await using bench = await openHttpBench();
  const headers = { "mcp-session-id": await begin(bench, "robot") };
  const stream = await bench.request("GET", "robot", headers);
  const notifications = { resourceSubscriptions: ["sluice://item/OB-1"] };
  const listen = modern(3, "subscriptions/listen", { notifications });
  const listening = await bench.post("robot", listen, modernHeaders("subscriptions/listen"));
  const messages = messagesOf(listening);
  expect((await messages.next()).value).toMatchObject({ method: "notifications/subscriptions/acknowledged" });
  await bench.http[how]();
  expect(await stream.text()).toBe(":\n\n");
  while ((await messages.next()).done !== true);
});
