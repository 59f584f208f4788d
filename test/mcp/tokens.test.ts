import { expect, test } from "bun:test";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { z } from "zod";
import { openMcpBench } from "./mcp-bench.ts";
import { repeated } from "./repeated.ts";
import { everyTool } from "./every-tool.ts";

test("MC12 the tools of the loop cost at most 2,000 tokens, with the server's instructions", async () => {
  await using bench = await openMcpBench();
  const { client } = await bench.connect();
  const { tools } = await client.listTools();
  const tokens = countTokens(JSON.stringify({ tools })) + countTokens(client.getInstructions() ?? "");
  expect(tokens).toBeGreaterThan(500);
  expect(tokens).toBeLessThanOrEqual(2_000);
});

const PROSE =
  "The signature header is compared with a digest of the body before the body is parsed, and a mismatch is answered with 401. ";
const CODE =
  "export const signatureOf = (body: Uint8Array, key: CryptoKey): Promise<ArrayBuffer> => crypto.subtle.sign('HMAC', key, body);\n";

test("MC13 what claim answers costs at most 1,200 tokens, and `budget` changes that", async () => {
  await using bench = await openMcpBench();
  for (const [index, text] of [PROSE, CODE].entries()) {
    const long = text.repeat(200);
    const ref = `OB-${index + 1}`;
    const args = ["item", "add", "-t", "Validate webhook signatures", "--lane", "autonomous_safe"];
    const texts = ["--problem", long, "--why", long, "--step", "Read the header", "--accept", "A 401"];
    await bench.cli.json(...args, ...texts);
    const agent = await bench.connect();
    const cost = async (input: Readonly<Record<string, unknown>>) => {
      const { content, structuredContent } = await agent.call("claim", { ref, ...input });
      await agent.answer("release", { note: "Only looked" });
      return [content[0].text, JSON.stringify(structuredContent)].map((form) => countTokens(form));
    };
    const usual = Math.max(...(await cost({})));
    expect(usual).toBeLessThanOrEqual(1_200);
    expect(Math.max(...(await cost({ budget: 300 })))).toBeLessThan(usual / 2);
    expect(Math.min(...(await cost({ budget: 3_000 })))).toBeGreaterThan(usual * 2);
  }
});

test("MC14 things come as ref, lane and title, and with the fields that are asked for", async () => {
  await using bench = await openMcpBench();
  await bench.cli.json("item", "add", "-t", "One", "--lane", "autonomous_safe", "--label", "auth");
  const agent = await bench.connect({ args: ["--toolset", "operator", "--as", "human:ada"] });
  const listed = z.object({ items: z.array(z.record(z.string(), z.unknown())) });
  const list = async (input: Readonly<Record<string, unknown>>) =>
    listed.parse(await agent.answer("item_list", input)).items;
  expect(await list({})).toEqual([{ ref: "OB-1", lane: "autonomous_safe", title: "One" }]);
  expect(await list({ fields: ["labels", "state"] })).toEqual([
    { ref: "OB-1", lane: "autonomous_safe", title: "One", labels: ["auth"], state: "open" },
  ]);
  expect(await bench.cli.json("item", "list")).toMatchObject({ items: await list({ fields: ["*"] }) });
  expect(Object.keys((await list({ fields: ["*"] }))[0] ?? {}).length).toBeGreaterThan(15);
  expect(await agent.answer("item_edit", { ref: "OB-1", title: "Two" })).toEqual({
    item: { ref: "OB-1", lane: "autonomous_safe", title: "Two", state: "open", version: 2 },
  });
});

test("MC15 no text of more than 40 characters stands twice in an answer of any tool", async () => {
  await using bench = await openMcpBench();
  const seen = await everyTool(bench);
  expect(seen.filter(({ isRefused }) => isRefused).map(({ tool }) => tool)).toEqual(["verify", "who"]);
  const offending = seen.flatMap(({ tool, structured, text }) =>
    [...repeated(structured), ...repeated({ text: text.split("\n") })].map((found) => ({ tool, found })),
  );
  expect(offending).toEqual([]);
  expect(repeated({ a: PROSE, b: [`so: ${PROSE}`] })).toEqual([PROSE]);
}, 60_000);
