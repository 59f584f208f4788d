import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect, test } from "bun:test";
import { z } from "zod";
import { REGISTRY } from "#operations/registry.ts";
import { toolsOf } from "#mcp/toolset.ts";
import { serve } from "#test/serve.ts";
import { openHttpBench } from "./http-bench.ts";
import { openMcpBench } from "./mcp-bench.ts";

const PINNED = { versionNegotiation: { mode: { pin: "2026-07-28" } } } as const;
const Claimed = z.object({ lease: z.object({ id: z.string() }) });

test("MC31 a call that is repeated under its name happens once, also when it ended its lease", async () => {
  await using bench = await openMcpBench();
  for (const title of ["One", "Two"])
    await bench.cli.json("item", "add", "-t", title, "--lane", "autonomous_safe");
  const agent = await bench.connect();
  const claimed = await agent.answer("claim", { once: "a" });
  expect(await agent.answer("claim", { once: "a" })).toEqual(claimed);
  const noted = await agent.answer("note", { ref: "OB-1", text: "Seen", once: "b" });
  expect(await agent.answer("note", { ref: "OB-1", text: "Seen", once: "b" })).toEqual(noted);
  const finished = await agent.answer("finish", { note: "Done", once: "c" });
  expect(await agent.answer("finish", { note: "Done", once: "c" })).toEqual(finished);
  expect((await agent.refusal("finish", { note: "Otherwise", once: "c" })).code).toBe("conflict");
  const { notes } = z
    .object({ item: z.object({ notes: z.array(z.object({ body: z.string() })) }) })
    .parse(await bench.cli.json("item", "show", "OB-1")).item;
  expect(notes.filter(({ body }) => body === "Seen")).toHaveLength(1);
});

test("MC31 another connection of the same agent may give a call the same name", async () => {
  await using bench = await openMcpBench();
  for (const title of ["One", "Two"])
    await bench.cli.json("item", "add", "-t", title, "--lane", "autonomous_safe");
  const [first, second] = [await bench.connect(), await bench.connect()];
  const leases = [await first.answer("claim", { once: "1" }), await second.answer("claim", { once: "1" })];
  expect(new Set(leases.map((answer) => Claimed.parse(answer).lease.id)).size).toBe(2);
});

test("MC31 where nothing outlives a call the name counts for the caller", async () => {
  await using bench = await openHttpBench();
  const add = { lane: "autonomous_safe", project: "app" };
  await bench.work.call("item.add", { title: "One", ...add });
  await bench.work.call("item.add", { title: "Two", ...add });
  const [first, again] = [await bench.connect("robot", PINNED), await bench.connect("robot", PINNED)];
  const claimed = await first.answer("claim", { once: "1" });
  expect(await again.answer("claim", { once: "1" })).toEqual(claimed);
  const other = await bench.connect("zoe", PINNED);
  expect(Claimed.parse(await other.answer("claim", { once: "1" })).lease).not.toEqual(
    Claimed.parse(claimed).lease,
  );
});

test("MC31 a call that goes on to a server happens once as well", async () => {
  await using bench = await openMcpBench();
  const { cli } = bench;
  for (const title of ["One", "Two"]) await cli.json("item", "add", "-t", title, "--lane", "autonomous_safe");
  const made = await cli.json("token", "create", "--as", "ai:codex", "--role", "agent");
  using served = await serve({ ...bench.env }, cli.home);
  const { secret } = z.object({ secret: z.string() }).parse(made);
  const agent = await bench.connect({ env: { SLUICE_WORKSPACE: served.url, SLUICE_TOKEN: secret } });
  const claimed = await agent.answer("claim", { once: "a" });
  expect(await agent.answer("claim", { once: "a" })).toEqual(claimed);
  const finished = await agent.answer("finish", { note: "Done", once: "b" });
  expect(await agent.answer("finish", { note: "Done", once: "b" })).toEqual(finished);
  const client = new Client({ name: "sluice-test", version: "1" });
  const requestInit = { headers: { authorization: `Bearer ${secret}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", served.url), { requestInit }));
  const propose = { name: "propose", arguments: { title: "Sign the hooks", project: "app", once: "c" } };
  const first = await client.callTool(propose);
  expect(await client.callTool(propose)).toEqual(first);
  await client.close();
});

test("MC31 every tool that writes takes a name, but those that do no harm twice; no other does", async () => {
  const tools = [...(await toolsOf(REGISTRY, "all")).values()];
  const taking = tools.filter(({ inputSchema }) => "once" in (inputSchema.properties ?? {}));
  const writing = tools.filter(({ operation }) => operation.effect !== "read");
  const exempt = new Set(["plan_set", "heartbeat"]);
  expect(taking.map(({ name }) => name)).toEqual(
    writing.map(({ name }) => name).filter((name) => !exempt.has(name)),
  );
  await using bench = await openMcpBench();
  const agent = await bench.connect();
  expect((await agent.refusal("next", { once: "a" })).code).toBe("invalid");
  expect((await agent.refusal("claim", { once: 7 })).code).toBe("invalid");
});
