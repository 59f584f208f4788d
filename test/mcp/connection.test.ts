import { expect, test } from "bun:test";
import { openMcpBench } from "./mcp-bench.ts";
import { initialize, startLines } from "./lines.ts";

const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

test("MC9 every revision of the protocol is spoken, and an unknown one is answered with the newest of its kind", async () => {
  await using bench = await openMcpBench();
  for (const [asked, spoken] of [...LEGACY.map((one) => [one, one]), ["1999-01-01", "2025-11-25"]] as const) {
    const server = startLines(bench.env, bench.cli.repository);
    server.send(initialize(asked ?? ""));
    expect(await server.next()).toMatchObject({ result: { protocolVersion: spoken } });
    server.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    server.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "next", arguments: {} } });
    expect(await server.next()).toMatchObject({ id: 2, result: { content: [{ type: "text" }] } });
    server.endInput();
    expect(await server.exited).toBe(0);
  }
});

test("MC9 the revision without a handshake is spoken", async () => {
  await using bench = await openMcpBench();
  await bench.cli.json("item", "add", "-t", "One", "--lane", "autonomous_safe");
  const versionNegotiation = { mode: { pin: "2026-07-28" } };
  const agent = await bench.connect({ client: { versionNegotiation } });
  expect(await agent.answer("claim")).toMatchObject({ item: { ref: "OB-1" } });
  expect(await agent.answer("finish", { note: "Done" })).toMatchObject({ item: { state: "review" } });
});

test("MC10 nothing but messages stands on standard output, and what is none is answered", async () => {
  await using bench = await openMcpBench();
  const server = startLines(bench.env, bench.cli.repository);
  server.send("this is no message");
  server.send("");
  server.send('{"jsonrpc":"2.0","id":');
  server.send('[{"jsonrpc":"2.0","id":8,"method":"ping"}]');
  server.send('{"id":"nine","method":"ping"}');
  server.send(Buffer.from('{"jsonrpc":"2.0","id":9,"method":"\xe9"}', "latin1"));
  for (const [id, code] of [
    [null, -32700],
    [null, -32700],
    [null, -32600],
    ["nine", -32600],
    [null, -32700],
  ] as const)
    expect(await server.next()).toMatchObject({ jsonrpc: "2.0", id, error: { code } });
  server.send(initialize("2025-06-18"));
  expect(await server.next()).toMatchObject({ jsonrpc: "2.0", id: 1 });
  server.send({ jsonrpc: "2.0", id: 2, method: "no/such/method" });
  expect(await server.next()).toMatchObject({ id: 2, error: { code: -32601 } });
  server.endInput();
  expect(await server.exited).toBe(0);
  expect(await server.next()).toBeNull();
});

test.each(["SIGTERM", "SIGINT", "end of input"] as const)(
  "MC11 it ends at once, also while a call waits: %s",
  async (how) => {
    await using bench = await openMcpBench();
    const server = startLines(bench.env, bench.cli.repository);
    server.send(initialize("2025-06-18"));
    await server.next();
    const params = { name: "wait", arguments: { timeout: 600_000 }, _meta: { progressToken: "w" } };
    server.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params });
    server.send({ jsonrpc: "2.0", id: 3, method: "ping" });
    expect(await server.next()).toMatchObject({ id: 3 });
    const began = performance.now();
    if (how === "end of input") server.endInput();
    else server.signal(how);
    expect(await server.exited).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
  },
);

test("the handshake is answered once, and a wrong command line is refused instead", async () => {
  await using bench = await openMcpBench();
  const server = startLines(bench.env, bench.cli.repository);
  server.send(initialize("2025-06-18"));
  server.send({ jsonrpc: "2.0", id: 2, method: "ping" });
  expect(await server.next()).toMatchObject({ id: 1, result: { serverInfo: { name: "sluice" } } });
  expect(await server.next()).toMatchObject({ id: 2 });
  server.endInput();
  expect(await server.exited).toBe(0);
  for (const words of [
    ["--toolset", "none"],
    ["--as", "robot"],
  ]) {
    const wrong = startLines(bench.env, bench.cli.repository, words);
    wrong.send(initialize("2025-06-18"));
    expect(await wrong.exited).toBe(2);
  }
});
