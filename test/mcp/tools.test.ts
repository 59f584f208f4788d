import { expect, test } from "bun:test";
import { REGISTRY } from "#operations/registry.ts";
import { isSchema } from "#mcp/json-schema.ts";
import { TOOLSETS, toolsOf } from "#mcp/toolset.ts";
import { openMcpBench } from "./mcp-bench.ts";

const LOOP = [
  "next",
  "claim",
  "item_show",
  "plan_set",
  "note",
  "heartbeat",
  "finish",
  "block",
  "ask",
  "release",
  "propose",
  "wait",
];

test("MC1 the twelve tools of the loop are offered, and further ones when asked for", async () => {
  await using bench = await openMcpBench();
  const names = async (...args: readonly string[]) => {
    const { client } = await bench.connect({ args });
    return (await client.listTools()).tools.map(({ name }) => name);
  };
  expect(await names()).toEqual(LOOP);
  const all = Object.keys(REGISTRY).map((name) => name.replaceAll(".", "_"));
  expect((await names("--toolset", "all")).toSorted()).toEqual(all.toSorted());
  const operator = all.filter((name) => !LOOP.includes(name));
  expect((await names("--toolset", "operator")).toSorted()).toEqual(operator.toSorted());
});

test("MC40 whoever was started with a lease is offered what is for a run, and told so", async () => {
  await using bench = await openMcpBench();
  const { client } = await bench.connect({ env: { SLUICE_LEASE: "lease-of-a-run" } });
  const names = (await client.listTools()).tools.map(({ name }) => name);
  const elsewhere = ["next", "claim", "heartbeat", "wait"];
  expect(names).toEqual(LOOP.filter((name) => !elsewhere.includes(name)));
  for (const name of elsewhere) expect(client.getInstructions()).not.toMatch(new RegExp(`\\b${name}\\b`));
  const asked = await bench.connect({
    args: ["--toolset", "agent"],
    env: { SLUICE_LEASE: "lease-of-a-run" },
  });
  expect((await asked.client.listTools()).tools.map(({ name }) => name)).toEqual(LOOP);
});

test("MC1 the set of the loop is what the operations say of themselves", async () => {
  const operations = await Promise.all(Object.values(REGISTRY).map((load) => load()));
  const own = operations.filter(({ toolset }) => toolset === "agent").map(({ name }) => name);
  expect(own.map((name) => name.replaceAll(".", "_")).toSorted()).toEqual(LOOP.toSorted());
});

test.each([...TOOLSETS])("each tool has both schemas and all four annotations: %s", async (toolset) => {
  for (const tool of (await toolsOf(REGISTRY, toolset)).values()) {
    expect(tool.inputSchema.type).toBe("object");
    expect(tool.outputSchema.type).toBe("object");
    expect(Object.values(tool.annotations)).toEqual([
      expect.any(Boolean),
      expect.any(Boolean),
      expect.any(Boolean),
      false,
    ]);
    const { effect } = tool.operation;
    expect(tool.annotations.readOnlyHint).toBe(effect === "read");
    expect(tool.annotations.destructiveHint).toBe(effect === "destroy");
  }
});

const KEYWORDS = new Set([
  "type",
  "properties",
  "required",
  "items",
  "enum",
  "const",
  "description",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "anyOf",
  "oneOf",
  "additionalProperties",
]);

function keywordsOf(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(keywordsOf);
  if (!isSchema(schema)) return [];
  return Object.entries(schema).flatMap(([keyword, value]) =>
    keyword === "properties" && isSchema(value)
      ? [keyword, ...Object.values(value).flatMap(keywordsOf)]
      : [keyword, ...(keyword === "enum" ? [] : keywordsOf(value))],
  );
}

test("schemas use only what every client understands; those of the loop have no alternatives", async () => {
  for (const [toolset, allowed] of [
    ["all", KEYWORDS],
    ["agent", KEYWORDS.difference(new Set(["anyOf", "oneOf", "const", "additionalProperties"]))],
  ] as const) {
    for (const { name, inputSchema, outputSchema } of (await toolsOf(REGISTRY, toolset)).values()) {
      const used = [inputSchema, outputSchema].flatMap(keywordsOf);
      expect({ name, unknown: used.filter((keyword) => !allowed.has(keyword)) }).toEqual({
        name,
        unknown: [],
      });
    }
  }
});
