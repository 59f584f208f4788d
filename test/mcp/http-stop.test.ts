import { expect, test } from "bun:test";
import { z } from "zod";
import { sleep } from "#compose/machine-parts.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { serve } from "#test/serve.ts";
import { initialize } from "./lines.ts";
import { openMcpBench } from "./mcp-bench.ts";

const Answer = z.object({ result: z.object({ content: z.array(z.object({ text: z.string() })) }) });

test("when a server stops its streams end, and who waits is answered", async () => {
  await using bench = await openMcpBench();
  using served = await serve(bench.env, bench.cli.home);
  const address = new URL("/mcp", served.url);
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "sluice-actor": "ai:robot",
  };
  const post = async (message: object, more: Readonly<Record<string, string>> = {}) =>
    await fetch(address, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(message) });
  const begun = await post(initialize("2025-11-25"));
  await begun.text();
  const session = { "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" };
  const stream = await fetch(address, { headers: { ...headers, ...session } });
  const params = { name: "wait", arguments: { timeout: 600_000 } };
  const waits = await post({ jsonrpc: "2.0", id: 2, method: "tools/call", params }, session);
  const code = served.stop();
  expect(await stream.text()).toBe(":\n\n");
  const [, data = ""] = /^data: (.*)$/m.exec(await waits.text()) ?? [];
  expect(Answer.parse(JSON.parse(data)).result.content[0]?.text).toContain("nothing_ready");
  expect(await code).toBe(0);
});

test("MC17 a wait that is stopped says what everything waits for", async () => {
  await using bench = await operationBench();
  const stopping = new AbortController();
  const { promise: asleep, resolve: fallAsleep } = Promise.withResolvers<void>();
  const context = {
    signal: stopping.signal,
    now: Date.now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      fallAsleep();
      await sleep(ms, signal);
    },
  };
  const waits = refusal(bench.call("wait", { timeout: 600_000 }, { context }));
  await asleep;
  stopping.abort();
  expect(await waits).toMatchObject({ code: "nothing_ready" });
});
