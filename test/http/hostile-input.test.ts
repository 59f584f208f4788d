import { connect } from "node:net";
import { expect, test } from "bun:test";
import { DEFAULT_LIMITS } from "#http/http-interface.ts";
import { invoke } from "#operations/invoke.ts";
import { REGISTRY } from "#operations/registry.ts";
import { refusal } from "#test/refusal.ts";
import { agent, STORE_KINDS } from "#test/stores.ts";
import { type HttpBench, openHttpBench } from "./http-bench.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const nested = (times: number): string => `${"[".repeat(times)}${"]".repeat(times)}`;

/** Sends bytes over a socket, and answers what comes. */
async function sendBytes({ url }: Pick<HttpBench, "url">, text: string): Promise<string> {
  const socket = connect(Number(url.port), "127.0.0.1");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes.toString();
    if (answer.includes("\r\n\r\n")) socket.end();
  });
  socket.on("error", reject);
  socket.on("close", () => resolve(answer));
  socket.write(text);
  return await promise;
}

test("HT6 a body of another character set or a like-named type, and one nested too deep, are refused", async () => {
  await using bench = await openHttpBench();
  const deep = `{"title":"x","labels":${nested(200_000)}}`;
  const tries: readonly (readonly [string, string])[] = [
    ['{"title":"x"}', "application/json-patch+json"],
    ['{"title":"x"}', "application/json; charset=utf-16"],
    ['{"title":"x"}', "application/jsonp"],
    [deep, "application/json"],
    [`{"title":"x","spec":{"a":${nested(64)}}}`, "application/json"],
  ];
  for (const [body, type] of tries) {
    const sent = await bench.send("POST", "/items", { body, headers: { "Content-Type": type } });
    expect([type, sent.status, sent.body]).toMatchObject([type, 400, { code: "invalid" }]);
  }
  for (const type of [
    "application/json; charset=UTF-8",
    "APPLICATION/JSON",
    'application/json;charset="utf-8"',
  ]) {
    const headers = { "Content-Type": type };
    const sent = await bench.send("POST", "/candidates", { body: '{"title":"x"}', headers });
    expect([type, sent.status]).toEqual([type, 200]);
  }
});

test("HT6 a call of a worker's machine is read as any other", async () => {
  await using bench = await openHttpBench();
  const [ada, codex] = [await bench.token("human:ada", "operator"), await bench.token("ai:codex", "agent")];
  const call = async (token: string, body: string, headers: Readonly<Record<string, string>> = JSON_TYPE) =>
    (await bench.send("POST", "/worker/v2/look", { token, body, headers })).status;
  const look = JSON.stringify({ host: "here", phases: ["land"], runners: [] });
  expect(await call(ada, look)).toBe(200);
  expect(await call(codex, look)).toBe(403);
  expect(await call(ada, look, { "Content-Type": "text/plain" })).toBe(400);
  for (const body of ["no JSON", "[]", `{"phases":${nested(200_000)}}`, '{"host":"\\u0000"}'])
    expect([body.slice(0, 40), await call(ada, body)]).toEqual([body.slice(0, 40), 400]);
});

test.each(STORE_KINDS)("HT7 on %s text with NUL is invalid wherever it stands in a call", async (kind) => {
  await using bench = await openHttpBench({ kind });
  const tries = [
    bench.send("GET", "/items?label=%00"),
    bench.send("GET", "/projects/%00"),
    bench.send("POST", "/lease/heartbeat", { body: { lease: "a\0" } }),
    bench.send("POST", "/items", { body: { title: "x", labels: ["a", "b\0"] } }),
    bench.send("GET", "/caller", { headers: { "Sluice-Checkout": "here /a%00" } }),
  ];
  for (const sent of await Promise.all(tries))
    expect([sent.status, sent.body]).toMatchObject([400, { code: "invalid" }]);
  const { work } = bench;
  const context = { ...work.context(agent()), checkout: () => Promise.resolve(undefined) };
  const propose = await REGISTRY.propose();
  for (const more of [
    { idempotencyKey: "a\0" },
    { caller: { ...agent(), lease: "a\0" } },
    { project: "a\0" },
  ])
    expect((await refusal(invoke({ ...context, ...more }, propose, { title: "x" }))).code).toBe("invalid");
});

test.each([
  ["of known length", 'Content-Length: 1000\r\n\r\n{"title":'],
  ["in chunks", 'Transfer-Encoding: chunked\r\n\r\n9\r\n{"title":\r\n'],
])("a client that leaves in the middle of its body is no bug: %s", async (_, rest) => {
  const { promise: seen, resolve: see } = Promise.withResolvers<string>();
  let [bugs, started] = [0, 0];
  await using bench = await openHttpBench({
    limits: { ...DEFAULT_LIMITS, requestsPerSecond: 0 },
    newId: () => `bug ${(bugs += 1)}`,
    replace: (http) => ({
      authenticate: (given) => ((started += 1), http.authenticate(given)),
      refusal: async (error) => {
        const shown = await http.refusal(error);
        see(shown.code);
        return shown;
      },
    }),
  });
  const head = "POST /api/v1/items HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
  const socket = connect(Number(bench.url.port), "127.0.0.1");
  socket.write(`${head}${rest}`);
  while (started === 0) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  expect([await seen, bugs]).toEqual(["unavailable", 0]);
});

test("HT30 a request that names no host is refused with 400", async () => {
  let looked = 0;
  await using bench = await openHttpBench({
    replace: (http) => ({ authenticate: (given) => ((looked += 1), http.authenticate(given)) }),
  });
  const answer = await sendBytes(bench, "GET /api/v1/status HTTP/1.0\r\n\r\n");
  expect([answer.split("\r\n")[0]?.split(" ")[1], looked]).toEqual(["400", 0]);
});
