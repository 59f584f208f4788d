import { expect, test } from "bun:test";
import { z } from "zod";
import { serve } from "#test/serve.ts";
import { openMcpBench, SLUICE } from "../../mcp/mcp-bench.ts";
import { installAgent } from "../agents/install-agent.ts";

/** Its command line speaks both transports, and judges each tool's schema by what clients choke on. */
const program = () =>
  installAgent("@modelcontextprotocol/inspector", "2.12.0", "clients/launcher/build/index.js");

const Listed = z.object({ tools: z.array(z.object({ name: z.string() })) });
const Called = z.object({ structuredContent: z.object({ item: z.object({ ref: z.string() }) }) });

/** Runs the Inspector against a server, which `--` or an address names; what it prints. */
async function inspect(
  { home, env }: { readonly home: string; readonly env: Readonly<Record<string, string>> },
  ...args: readonly string[]
): Promise<unknown> {
  const command = ["node", program(), "--cli", ...args];
  const child = Bun.spawn(command, {
    cwd: home,
    env: { ...env, HOME: home },
    stdin: "ignore",
    stderr: "pipe",
  });
  const [printed, complaints, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`The Inspector ended with ${code}: ${complaints}`);
  const answer: unknown = JSON.parse(printed);
  return answer;
}

test("MC30 the Inspector lists and calls tools over lines, and finds no fault in their schemas", async () => {
  await using bench = await openMcpBench();
  const { cli, env } = bench;
  await cli.json("item", "add", "-t", "One", "--lane", "autonomous_safe");
  const around = { home: cli.home, env };
  const mcp = [SLUICE, "mcp", "--toolset", "all", "--workspace", cli.workspace];
  const server = ["--cwd", cli.repository, "--", ...mcp];
  const { tools } = Listed.parse(await inspect(around, "--method", "tools/list", "--strict", ...server));
  expect(tools.slice(0, 2).map(({ name }) => name)).toEqual(["next", "claim"]);
  const called = await inspect(around, "--method", "tools/call", "--tool-name", "claim", ...server);
  expect(Called.parse(called).structuredContent.item.ref).toBe("OB-1");
});

test("MC30 the Inspector lists and calls tools over HTTP", async () => {
  await using bench = await openMcpBench();
  const { cli, env } = bench;
  await cli.json("item", "add", "-t", "One", "--lane", "autonomous_safe");
  const made = await cli.json("token", "create", "--as", "ai:codex", "--role", "agent");
  const { secret } = z.object({ secret: z.string() }).parse(made);
  using served = await serve(env, cli.home, ["--require-token"]);
  const around = { home: cli.home, env };
  const address = new URL("/mcp", served.url).href;
  const server = [address, "--transport", "http", "--header", `Authorization: Bearer ${secret}`];
  const { tools } = Listed.parse(await inspect(around, ...server, "--method", "tools/list", "--strict"));
  expect(tools.slice(0, 2).map(({ name }) => name)).toEqual(["next", "claim"]);
  const called = await inspect(around, ...server, "--method", "tools/call", "--tool-name", "claim");
  expect(Called.parse(called).structuredContent.item.ref).toBe("OB-1");
});
