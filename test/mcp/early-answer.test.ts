import { expect, test } from "bun:test";
import {
  InMemoryTransport,
  type JSONRPCMessage,
  SUPPORTED_PROTOCOL_VERSIONS,
} from "@modelcontextprotocol/server";
import { SluiceError } from "#domain/errors.ts";
import { isPlainServer, plainToolset } from "#compose/quick-handshake.ts";
import { HANDSHAKE_REVISIONS } from "#mcp/capabilities.ts";
import { createMcpServer } from "#mcp/create-mcp-server.ts";
import { earlyAnswer } from "#mcp/early-answer.ts";
import { sessionLeases } from "#mcp/session-leases.ts";
import { TOOLSETS, type ToolsetName } from "#mcp/toolset-name.ts";
import { REGISTRY } from "#operations/registry.ts";
import { initialize, startLines } from "./lines.ts";
import { openMcpBench } from "./mcp-bench.ts";

/** What the server itself answers to an opening message. */
async function serverAnswer(message: JSONRPCMessage, toolset: ToolsetName): Promise<JSONRPCMessage> {
  const server = createMcpServer({
    version: "9.9.9",
    toolset,
    operations: REGISTRY,
    progressEveryMs: 1_000,
    watch: { by: "looking", everyMs: 1_000 },
    sharesFolders: true,
    leases: sessionLeases({ id: "s" }),
    invoke: () => Promise.reject(new Error("nothing is called")),
    refusal: (error) => Promise.resolve(new SluiceError("internal", String(error))),
  });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const answer = new Promise<JSONRPCMessage>((resolve) => (near.onmessage = resolve));
  await Promise.all([server.connect(far), near.start()]);
  await near.send(message);
  const first = await answer;
  await server.close();
  return first;
}

test.each([...TOOLSETS])(
  "MC22 an early answer is the server's own, in every revision: %s",
  async (toolset) => {
    expect(HANDSHAKE_REVISIONS).toEqual(SUPPORTED_PROTOCOL_VERSIONS);
    for (const revision of [...HANDSHAKE_REVISIONS, "1999-01-01", "2026-07-28"])
      for (const id of [0, 7, "seven"]) {
        const opening = { ...initialize(revision), jsonrpc: "2.0" as const, id };
        const early = earlyAnswer(JSON.stringify(opening), "9.9.9", toolset);
        expect(early?.id).toBe(id);
        const answer: unknown = JSON.parse(early?.answer ?? "null");
        expect(answer).toEqual(await serverAnswer(opening, toolset));
      }
  },
);

test("MC22 what is no plain handshake is left to the server", () => {
  const plain = initialize("2025-06-18");
  const openings = [
    "no message",
    "[]",
    { ...plain, method: "tools/list" },
    { ...plain, id: null },
    { ...plain, jsonrpc: "1.0" },
    { ...plain, params: { ...plain.params, _meta: {} } },
    { ...plain, params: { ...plain.params, capabilities: { roots: 5 } } },
    { ...plain, params: { ...plain.params, clientInfo: { name: "x" } } },
    { ...plain, params: { capabilities: {}, clientInfo: plain.params.clientInfo } },
  ];
  for (const opening of openings)
    expect(
      earlyAnswer(typeof opening === "string" ? opening : JSON.stringify(opening), "1", "agent"),
    ).toBeUndefined();
});

test("MC22 only a command line that surely starts a server is answered early", () => {
  const plain = ["mcp", "mcp --as ai:codex", "mcp --toolset all -p app", "mcp -w x.db --lease L --profile p"];
  for (const line of plain)
    expect({ line, isPlain: isPlainServer(line.split(" ")) }).toEqual({ line, isPlain: true });
  const others = [
    "next",
    "mcp --help",
    "mcp --toolset none",
    "mcp --as --help",
    "mcp --as",
    "mcp extra",
    "mcp --version x",
  ];
  for (const line of others)
    expect({ line, isPlain: isPlainServer(line.split(" ")) }).toEqual({ line, isPlain: false });
});

test("MC22 the set of tools is known before the server is loaded", () => {
  const sets = [
    ["mcp", {}, "agent"],
    ["mcp", { SLUICE_LEASE: "" }, "agent"],
    ["mcp", { SLUICE_LEASE: "L" }, "run"],
    ["mcp --lease L", {}, "run"],
    ["mcp --toolset agent --lease L", {}, "agent"],
    ["mcp --as ai:codex --toolset all", { SLUICE_LEASE: "L" }, "all"],
  ] as const;
  for (const [line, env, toolset] of sets)
    expect({ line, env, toolset: plainToolset(line.split(" "), env) }).toEqual({ line, env, toolset });
});

test("MC22 the handshake is answered once, and a wrong command line is refused instead", async () => {
  await using bench = await openMcpBench();
  const server = startLines(bench.env, bench.cli.repository);
  server.send(initialize("2025-06-18"));
  server.send({ jsonrpc: "2.0", id: 2, method: "ping" });
  expect(await server.next()).toMatchObject({ id: 1, result: { serverInfo: { name: "sluice" } } });
  expect(await server.next()).toMatchObject({ id: 2 });
  server.endInput();
  expect(await server.exited).toBe(0);
  const wrong = startLines(bench.env, bench.cli.repository, ["--toolset", "none"]);
  wrong.send(initialize("2025-06-18"));
  expect(await wrong.exited).toBe(2);
});
