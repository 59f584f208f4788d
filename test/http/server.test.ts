import { Client } from "@modelcontextprotocol/client";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect, test } from "bun:test";
import { z } from "zod";
import { referencePage } from "#http/reference-page.ts";
import { openApi } from "#http/open-api.ts";
import { SluiceError } from "#domain/errors.ts";
import { REGISTRY } from "#operations/registry.ts";
import { serve } from "#test/serve.ts";
import { openCliBench } from "../e2e/cli-bench.ts";
import { openHttpBench } from "./http-bench.ts";

test("HT40 health, readiness and metrics tell how the server is", async () => {
  let isAway = false;
  await using bench = await openHttpBench({
    replace: (http) => ({
      ready: async () => {
        if (isAway) throw new SluiceError("unavailable", "The database cannot be reached");
        await http.ready();
      },
    }),
  });
  const status = async (path: string): Promise<number> => (await fetch(new URL(path, bench.url))).status;
  expect([await status("/healthz"), await status("/readyz")]).toEqual([200, 200]);
  isAway = true;
  expect([await status("/healthz"), await status("/readyz")]).toEqual([200, 503]);
  await bench.send("GET", "/items/OB-7");
  const metrics = await fetch(new URL("/metrics", bench.url));
  expect(metrics.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  const text = await metrics.text();
  expect(text).toContain(
    'sluice_http_requests_total{method="GET",route="/api/v1/items/{ref}",status="404"} 1',
  );
  expect(text).toContain('sluice_http_refusals_total{code="not_found"} 1');
  expect(text).toMatch(/sluice_http_request_seconds_bucket\{le="\+Inf"\} \d+\n/);
  expect(text).toContain("sluice_event_streams 0");
  isAway = false;
  bench.app.stop();
  expect(await status("/readyz")).toBe(503);
});

test("HT41 SIGTERM ends a server with what it was doing done", async () => {
  using bench = await openCliBench("file");
  using served = await serve(bench.env, bench.home);
  const stream = await fetch(`${served.url}/api/v1/events`);
  const waits = fetch(`${served.url}/api/v1/wait?timeout=600000`).then((response) => response.json());
  const text = stream.text();
  await until(async () => (await metricsOf(served.url)).includes("sluice_event_streams 1"));
  const code = served.stop();
  expect(await waits).toMatchObject({ item: null });
  expect(await text).toStartWith("retry: 1000\n\n");
  expect(await code).toBe(0);
  expect(await fetch(`${served.url}/healthz`).catch(() => "closed")).toBe("closed");
});

const metricsOf = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
}

test("the reference page shows every operation and loads nothing", async () => {
  const page = referencePage(await openApi({ version: "1.2.3", operations: REGISTRY }));
  const { paths } = await openApi({ version: "1.2.3", operations: REGISTRY });
  for (const path of Object.keys(paths)) expect(page).toContain(`</span>${path}</code>`);
  const edit = page.split("<details>").find((one) => one.includes("PATCH</span>/items/{ref}<")) ?? "";
  for (const name of ["Idempotency-Key", "If-Match", "Sluice-Lease"])
    expect(edit).toContain(`<code>${name}</code>`);
  for (const status of [200, 400, 401, 403, 404, 409, 412, 429])
    expect(edit).toContain(`<code>${status}</code>`);
  const show = page.split("<details>").find((one) => one.includes("GET</span>/items/{ref}<")) ?? "";
  expect(show).toContain("<code>If-None-Match</code>");
  expect(show).not.toContain("<code>412</code>");
  expect(page).toContain("Authorization: Bearer");
  expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\(|href="http/);
  const hostile = referencePage({
    ...(await openApi({ version: "<script>", operations: {} })),
  });
  expect(hostile).not.toContain("<script>");
});

const Called = z.object({
  structuredContent: z.object({ candidate: z.object({ ref: z.string() }).loose() }),
});

test("HT44 agents reach the protocol at /mcp as their token's actor", async () => {
  await using bench = await openHttpBench({ requireToken: true });
  const token = await bench.token("ai:codex", "agent");
  const bare = await fetch(new URL("/mcp", bench.url), { method: "POST", body: "{}" });
  expect(bare.status).toBe(401);
  const client = new Client({ name: "sluice-test", version: "1" });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", bench.url), { requestInit }));
  const answer = Called.parse(
    await client.callTool({ name: "propose", arguments: { title: "Sign the hooks" } }),
  );
  await client.close();
  expect(answer.structuredContent.candidate.ref).toBe("C-1");
  expect(await bench.work.call("gate.list")).toMatchObject({
    candidates: [{ ref: "C-1", proposed_by: "ai:codex" }],
  });
});
