import { expect, test } from "bun:test";
import { z } from "zod";
import { openMcpBench } from "../mcp/mcp-bench.ts";
import { textWith } from "#test/matching.ts";
import { serve } from "#test/serve.ts";

const Secret = z.object({ secret: z.string() });

test("RW5 sluice mcp works against a server, in the project around the agent, as the token's actor", async () => {
  await using bench = await openMcpBench();
  const { cli } = bench;
  await cli.json("project", "add", "Other", "--alias", "other");
  await cli.json(
    "item",
    "add",
    "-t",
    "Elsewhere",
    "--lane",
    "autonomous_safe",
    "-p",
    "other",
    "--priority",
    "P1",
  );
  await cli.json("item", "add", "-t", "Mend", "--lane", "autonomous_safe", "-p", "app");
  const made = await cli.json("token", "create", "--as", "ai:codex", "--role", "agent");
  using served = await serve({ ...bench.env }, cli.home);
  const env = { SLUICE_WORKSPACE: served.url, SLUICE_TOKEN: Secret.parse(made).secret };
  const agent = await bench.connect({ env });
  expect(await agent.answer("claim")).toMatchObject({ item: { ref: "OB-2" } });
  await agent.answer("note", { ref: "OB-2", text: "Seen" });
  expect(await agent.answer("finish", { note: "Mended" })).toMatchObject({ item: { ref: "OB-2" } });
  expect(await cli.json("log", "OB-2", "--actor", "ai:codex")).toMatchObject({
    events: [{ operation: "finish" }, { operation: "note" }, { operation: "claim" }],
  });
});

test("RW5 a person's token is no agent's", async () => {
  await using bench = await openMcpBench();
  const made = await bench.cli.json("token", "create", "--as", "human:ada", "--role", "operator");
  using served = await serve({ ...bench.env }, bench.cli.home);
  const env = { SLUICE_WORKSPACE: served.url, SLUICE_TOKEN: Secret.parse(made).secret };
  const agent = await bench.connect({ env });
  expect(await agent.refusal("next")).toMatchObject({
    code: "denied",
    hint: textWith("sluice token create"),
  });
});
