import { expect, test } from "bun:test";
import { z } from "zod";
import { openMcpBench } from "./mcp-bench.ts";
import { repeated } from "./repeated.ts";

const Claimed = z.object({ item: z.object({ ref: z.string() }), brief: z.string() });

test("MC16 claim hands over all that is known: what was tried, what stopped it, what was decided, where to start", async () => {
  await using bench = await openMcpBench();
  const { cli } = bench;
  const head = (await cli.git("rev-parse", "main")).trim();
  const spec = [
    "--problem",
    "Anyone can post",
    "--step",
    "Read the header",
    "--accept",
    "A forged one gets 401",
  ];
  const premises = ["file:README.md", "file:src/hook.ts", "symbol:App"].flatMap((text) => [
    "--premise",
    text,
  ]);
  const routing = ["--lane", "autonomous_safe", "-p", "app"];
  await cli.json("item", "add", "-t", "Validate signatures", ...routing, ...spec, ...premises);
  const first = await bench.connect({ args: ["--as", "ai:first"] });
  const { brief } = Claimed.parse(await first.answer("claim"));
  for (const part of [
    "Validate signatures",
    "Anyone can post",
    "1. Read the header",
    "A forged one gets 401",
    `branch main, from ${head.slice(0, 12)}`,
    "file README.md exists: true just now",
    "file src/hook.ts exists: FALSE just now, src/hook.ts does not exist",
    "symbol App is found in the repository: true just now",
    "## Next step",
  ])
    expect(brief).toContain(part);

  await first.answer("plan_set", { ref: "OB-1", body: "Compare digests before parsing" });
  await first.answer("note", { ref: "OB-1", text: "The raw body is gone after the middleware" });
  await first.answer("block", { note: "The key is nowhere to be found in the settings" });
  await cli.json("item", "unblock", "OB-1", "--reason", "The key is in the vault now");
  const second = await bench.connect({ args: ["--as", "ai:second"] });
  await second.answer("claim");
  await second.answer("ask", { question: "Refuse old keys?", options: ["Yes", "No"], default: 1 });
  await cli.json("decide", "OB-1", "--answer", "No", "--reason", "Two customers use them");

  const third = await bench.connect({ args: ["--as", "ai:third"] });
  const handed = await third.answer("claim");
  const packet = Claimed.parse(handed);
  expect(packet.item.ref).toBe("OB-1");
  for (const part of [
    "Compare digests before parsing",
    "The raw body is gone after the middleware",
    "block by ai:first",
    "The key is nowhere to be found in the settings",
    "The key is in the vault now",
    "Refuse old keys? → No, because Two customers use them",
    "R-1 by ai:first ended blocked",
    "R-2 by ai:second ended asked",
  ])
    expect(packet.brief).toContain(part);
  expect(repeated(handed)).toEqual([]);
});

test("MC16 a claim whose ground is gone is answered all the same", async () => {
  await using bench = await openMcpBench();
  const { cli } = bench;
  const premises = ["--premise", "item:OB-99", "--premise", "file:README.md"];
  await cli.json("item", "add", "-t", "One", "--lane", "autonomous_safe", "-p", "app", ...premises);
  await cli.git("update-ref", "-d", "refs/heads/main");
  const agent = await bench.connect();
  const { brief } = Claimed.parse(await agent.answer("claim"));
  expect(brief).toContain("OB-99 is done: FALSE just now");
  expect(brief).toContain("file README.md exists: not checked");
});

test("MC17 an answered question brings the same item back to whoever waits", async () => {
  await using bench = await openMcpBench();
  await bench.cli.json("item", "add", "-t", "One", "--lane", "autonomous_safe");
  const agent = await bench.connect();
  await agent.answer("claim");
  await agent.answer("ask", { question: "Which half?", options: ["Left", "Right"] });
  const waiting = agent.answer("wait", { timeout: 60_000 });
  await bench.cli.json("decide", "OB-1", "--answer", "Left", "--reason", "Shorter");
  expect(await waiting).toEqual({ ready: 1 });
  const { item, brief } = Claimed.parse(await agent.answer("claim"));
  expect(item.ref).toBe("OB-1");
  expect(brief).toContain("Which half? → Left");
});

test("MC17 waiting in vain ends with what everything waits for", async () => {
  await using bench = await openMcpBench();
  const agent = await bench.connect();
  expect(await agent.refusal("wait", { timeout: 0 })).toMatchObject({
    code: "nothing_ready",
    message: "Nothing is ready: the backlog is empty",
  });
});
