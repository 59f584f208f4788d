import { expect, test } from "bun:test";
import { REGISTRY } from "#operations/registry.ts";
import { resourceFeed } from "#mcp/changes.ts";
import { toolsOf } from "#mcp/toolset.ts";
import { openMcpBench } from "./mcp-bench.ts";
import { startLines } from "./lines.ts";

test("MC19 items are listed and read, with plan, brief and log", async () => {
  await using bench = await openMcpBench();
  const { cli } = bench;
  const add = ["item", "add", "--lane", "autonomous_safe", "--problem", "Anyone can post"];
  await cli.json(...add, "-t", "One");
  await cli.json(...add, "-t", "Two");
  await cli.json("item", "drop", "OB-2", "--reason", "Gone");
  cli.write("PLAN.md", "# Plan\n1. Do");
  await cli.json("plan", "set", "OB-1", "--file", "PLAN.md");
  const { client } = await bench.connect();
  const { resources } = await client.listResources();
  expect(resources).toEqual([
    { uri: "sluice://item/OB-1", name: "OB-1", title: "One", mimeType: "application/json" },
  ]);
  const { resourceTemplates } = await client.listResourceTemplates();
  expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
    "sluice://item/{ref}",
    "sluice://item/{ref}/plan",
    "sluice://item/{ref}/brief",
    "sluice://item/{ref}/log",
  ]);
  const read = async (uri: string) => {
    const [content] = (await client.readResource({ uri })).contents;
    return content !== undefined && "text" in content ? content.text : undefined;
  };
  expect(JSON.parse((await read("sluice://item/OB-1")) ?? "")).toEqual(
    await cli.json("item", "show", "OB-1"),
  );
  expect(await read("sluice://item/OB-1/plan")).toBe("# Plan\n1. Do");
  expect(await read("sluice://item/OB-1/brief")).toContain("Anyone can post");
  expect(JSON.parse((await read("sluice://item/OB-2/log")) ?? "")).toEqual(await cli.json("log", "OB-2"));
  for (const absent of [
    "sluice://item/OB-9",
    "sluice://item/OB-2/plan",
    "sluice://item/C-1",
    "file:///etc/passwd",
  ]) {
    const refusal = await read(absent).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: -32602, data: { uri: absent } });
  }
});

test("MC19 a long list comes in pages", async () => {
  await using bench = await openMcpBench();
  const agent = await bench.connect({ args: ["--toolset", "all", "--as", "human:ada"] });
  for (let n = 1; n <= 51; n += 1) await agent.answer("item_add", { title: `Item ${n}` });
  const { resources, nextCursor } = await agent.client.listResources({ cursor: undefined });
  const more = await agent.client.listResources({ cursor: nextCursor });
  expect(new Set([...resources, ...more.resources].map(({ name }) => name)).size).toBe(51);
});

test("MC20 a change that anybody makes is told to who subscribed, until they unsubscribe", async () => {
  await using bench = await openMcpBench();
  await bench.cli.json("item", "add", "-t", "One", "--lane", "autonomous_safe");
  await bench.cli.json("item", "add", "-t", "Two", "--lane", "autonomous_safe");
  const { client } = await bench.connect();
  const told: string[] = [];
  let hear = () => {};
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
    told.push(params.uri);
    hear();
  });
  const next = () => new Promise<void>((resolve) => (hear = resolve));
  await client.subscribeResource({ uri: "sluice://item/OB-1/plan" });
  const first = next();
  await bench.cli.json("note", "OB-2", "Of no interest");
  await bench.cli.json("note", "OB-1", "Seen");
  await first;
  await client.unsubscribeResource({ uri: "sluice://item/OB-1/plan" });
  await client.subscribeResource({ uri: "sluice://item/OB-2" });
  const second = next();
  await bench.cli.json("note", "OB-1", "Of no interest any more");
  await bench.cli.json("note", "OB-2", "Seen");
  await second;
  expect(told).toEqual(["sluice://item/OB-1/plan", "sluice://item/OB-2"]);
});

test("MC20 what was there before is not told, and what is new is told once", async () => {
  const events = [{ id: 7, ref: "OB-1" }];
  const told: string[] = [];
  const looks = Promise.withResolvers<void>();
  let left = 4;
  const feed = resourceFeed({
    run: () => {
      left -= 1;
      if (left === 2) events.unshift({ id: 8, ref: "OB-2" });
      if (left === 0) looks.resolve();
      return Promise.resolve({ events: [...events] });
    },
    everyMs: 1,
    changed: (uri) => told.push(uri),
  });
  await feed.start();
  await looks.promise;
  feed.stop();
  const parts = ["", "/plan", "/brief", "/log"];
  expect(told).toEqual(parts.map((part) => `sluice://item/OB-2${part}`));
});

test("MC20 the revision without a handshake tells changes as well", async () => {
  await using bench = await openMcpBench();
  await bench.cli.json("item", "add", "-t", "One", "--lane", "autonomous_safe");
  const server = startLines(bench.env, bench.cli.repository);
  const envelope = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "lines", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const uri = "sluice://item/OB-1";
  const notifications = { resourceSubscriptions: [uri] };
  server.send({
    jsonrpc: "2.0",
    id: 1,
    method: "subscriptions/listen",
    params: { _meta: envelope, notifications },
  });
  expect(await server.next()).toMatchObject({ method: "notifications/subscriptions/acknowledged" });
  server.send({ jsonrpc: "2.0", id: 2, method: "resources/read", params: { _meta: envelope, uri } });
  expect(await server.next()).toMatchObject({ id: 2, result: { contents: [{ uri }] } });
  await bench.cli.json("note", "OB-1", "Seen");
  expect(await server.next()).toMatchObject({ method: "notifications/resources/updated", params: { uri } });
  server.endInput();
  expect(await server.exited).toBe(0);
});

test("prompts start the loop and name only tools that there are", async () => {
  await using bench = await openMcpBench();
  const { client } = await bench.connect();
  const { prompts } = await client.listPrompts();
  expect(prompts.map(({ name }) => name)).toEqual(["work", "drain", "stand_by"]);
  const textOf = async (name: string, given: Readonly<Record<string, string>> = {}) => {
    const [message] = (await client.getPrompt({ name, arguments: { ...given } })).messages;
    return message?.content.type === "text" ? message.content.text : "";
  };
  expect(await textOf("work", { ref: "OB-7" })).toContain('Claim the item "OB-7"');
  const tools = [...(await toolsOf(REGISTRY, "agent")).keys()];
  for (const { name } of prompts) {
    const text = await textOf(name);
    for (const tool of ["finish", "block", "ask", "release"]) expect(text).toContain(tool);
    for (const word of text.match(/\b[a-z]+_[a-z]+\b/g) ?? []) expect(tools).toContain(word);
  }
  const unknown = await client.getPrompt({ name: "nap" }).catch((error: unknown) => String(error));
  expect(unknown).toContain("there are work, drain, stand_by");
});
