import { expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { readCall, writeCall } from "#http/call-request.ts";
import { routeOf } from "#http/routes.ts";
import { DEFAULT_LIMITS } from "#http/http-interface.ts";
import { anyText, textWith } from "#test/matching.ts";
import { REGISTRY } from "#operations/registry.ts";
import { type HttpBench, openHttpBench, type Sent } from "./http-bench.ts";

const JSON_TYPE = { "Content-Type": "application/json" };

test("HT3 a refusal is a problem with the catalogue's status, code, hint and details", async () => {
  await using bench = await openHttpBench();
  const missing = await bench.send("GET", "/items/OB-9");
  expect(missing.status).toBe(404);
  expect(missing.headers.get("content-type")).toBe("application/problem+json");
  expect(missing.body).toMatchObject({ type: "urn:sluice:error:not_found", status: 404, code: "not_found" });
  const wrong = await bench.send("GET", "/items?limit=x");
  expect(wrong.body).toMatchObject({ code: "invalid", details: { field: "limit", value: "x" } });
  const denied = await bench.send("POST", "/candidates/approve", { body: { candidates: ["C-1"] } });
  expect([denied.status, denied.body]).toMatchObject([403, { code: "denied", details: { needed: anyText } }]);
  const nowhere = await bench.send("GET", "/nowhere");
  expect([nowhere.status, nowhere.body]).toMatchObject([404, { code: "not_found" }]);
});

test("HT3 a bug shows an id and nothing of what went wrong", async () => {
  let logged = 0;
  await using bench = await openHttpBench({
    replace: () => ({ invoke: () => Promise.reject(new Error("select secret from token")) }),
    newId: () => `bug ${(logged += 1)}`,
  });
  const { status, body } = await bench.send("GET", "/status");
  expect([status, body]).toMatchObject([500, { code: "internal", details: { id: "bug 1" } }]);
  expect(logged).toBe(1);
  expect(JSON.stringify(body)).not.toContain("secret");
});

test("HT9 a method that is not answered where another is gets 405 and is told which", async () => {
  await using bench = await openHttpBench();
  const tries = [
    ["DELETE", "/items", "GET, HEAD, POST"],
    ["PUT", "/items/OB-1", "GET, HEAD, PATCH"],
    ["GET", "/worker/v2/open", "POST"],
    ["POST", "/events", "GET, HEAD"],
    ["POST", "/docs", "GET, HEAD"],
  ] as const;
  for (const [method, path, allowed] of tries) {
    const { status, headers, body } = await bench.send(method, path);
    expect([path, status, headers.get("allow"), body]).toMatchObject([
      path,
      405,
      allowed,
      { code: "invalid" },
    ]);
  }
  for (const path of ["/nowhere", "/items/OB-1/nowhere", "/items/"])
    expect([path, (await bench.send("DELETE", path)).status]).toEqual([path, 404]);
});

test("HT4 where nothing is ready the answer is 200, no item, and why", async () => {
  await using bench = await openHttpBench();
  const { status, headers, body } = await bench.send("POST", "/claims");
  expect([status, headers.get("sluice-code")]).toEqual([200, "nothing_ready"]);
  expect(body).toMatchObject({
    item: null,
    why: { ready: 0 },
    message: textWith("Nothing is ready"),
  });
});

test("what is written into a request is what is read from it", async () => {
  const text = fc
    .string({ minLength: 1, maxLength: 40, unit: "grapheme" })
    .filter((one) => one !== "." && one !== "..");
  const input = fc.record(
    {
      ref: text,
      search: text,
      lanes: fc.array(text, { minLength: 1, maxLength: 3 }),
      limit: fc.integer(),
      leased: fc.boolean(),
      title: text,
    },
    { requiredKeys: ["ref"] },
  );
  const [list, edit] = [await REGISTRY["item.list"](), await REGISTRY["item.edit"]()];
  const get = { method: "GET", path: "/items/{ref}", fields: ["ref"] } as const;
  const patch = routeOf("item.edit");
  if (patch === undefined) throw new Error("item.edit has a route");
  fc.assert(
    fc.property(input, (given) => {
      for (const [operation, route] of [
        [list, get],
        [edit, patch],
      ] as const) {
        const { path, body } = writeCall(route, given);
        const url = new URL(`http://here${path}`);
        const params = { ref: decodeURIComponent(url.pathname.split("/")[2] ?? "") };
        expect(readCall(operation, route, { params, url, body })).toEqual(given);
      }
    }),
  );
});

test("a field that is given in the path and again beside it is refused", async () => {
  await using bench = await openHttpBench();
  const { body } = await bench.send("PATCH", "/items/OB-1", { body: { ref: "OB-2", title: "x" } });
  expect(body).toMatchObject({ code: "invalid", details: { field: "ref" } });
});

test("HT6 a body that is no JSON object, of another type, or too large is refused and does nothing", async () => {
  await using bench = await openHttpBench({
    limits: { ...DEFAULT_LIMITS, requestsPerSecond: 0, bodyBytes: 1_000 },
  });
  const before = await bench.work.call("log");
  const tries: readonly (readonly [string | object, Readonly<Record<string, string>>, number])[] = [
    ["{", JSON_TYPE, 400],
    ["[]", JSON_TYPE, 400],
    ["title=x", { "Content-Type": "application/x-www-form-urlencoded" }, 400],
    ['{"title":"x"}', { "Content-Type": "text/plain" }, 400],
    [{ title: "x".repeat(2_000) }, JSON_TYPE, 413],
  ];
  for (const [body, headers, status] of tries) {
    const sent = await bench.send("POST", "/items", { body, headers });
    expect([sent.status, sent.body]).toMatchObject([status, { code: "invalid" }]);
  }
  expect(await bench.work.call("log")).toEqual(before);
});

test.each(["/api/v1/items", "/mcp"])(
  "HT6 a body at %s that is not UTF-8, or too large, is refused before it is read",
  async (path) => {
    await using bench = await openHttpBench({
      limits: { ...DEFAULT_LIMITS, requestsPerSecond: 0, bodyBytes: 1_000 },
    });
    const post = async (body: Uint8Array | string) => {
      const sent = await fetch(new URL(path, bench.url), { method: "POST", headers: JSON_TYPE, body });
      return [sent.status, await sent.json()];
    };
    const latin = Buffer.from('{"title":"caf\xe9"}', "latin1");
    expect(await post(latin)).toMatchObject([400, { code: "invalid", detail: "The body is not UTF-8" }]);
    expect(await post(`{${" ".repeat(2_000)}`)).toMatchObject([413, { code: "invalid" }]);
  },
);

const Version = z.object({ item: z.object({ version: z.int() }) });

test("HT10 a reader that has the answer gets 304, and a change on a version that is over 412", async () => {
  await using bench = await openHttpBench();
  await bench.work.call("item.add", { title: "Mend", lane: "autonomous_safe" });
  const token = await bench.token("human:ada", "operator");
  const shown = await bench.send("GET", "/items/OB-1", { token });
  const tag = shown.headers.get("etag") ?? "";
  expect(tag).toStartWith(`"${Version.parse(shown.body).item.version}-`);
  const again = await bench.send("GET", "/items/OB-1", { token, headers: { "If-None-Match": tag } });
  expect([again.status, again.body]).toEqual([304, undefined]);
  const list = await bench.send("GET", "/items", { token });
  const listTag = list.headers.get("etag") ?? "";
  const sameList = await bench.send("GET", "/items", { token, headers: { "If-None-Match": listTag } });
  expect(sameList.status).toBe(304);
  const edit = (title: string, ifMatch: string): Promise<Sent> =>
    bench.send("PATCH", "/items/OB-1", { token, body: { title }, headers: { "If-Match": ifMatch } });
  expect((await edit("Mended", tag)).status).toBe(200);
  const stale = await edit("Broken", tag);
  expect([stale.status, stale.body]).toMatchObject([412, { code: "conflict", details: { version: 2 } }]);
  expect((await edit("x", "W/x")).status).toBe(400);
  const changed = await bench.send("GET", "/items/OB-1", { token, headers: { "If-None-Match": tag } });
  expect([changed.status, changed.body]).toMatchObject([200, { item: { title: "Mended" } }]);
});

const tagAt = async ({ send }: HttpBench, path: string, known = ""): Promise<readonly [number, string]> => {
  const { status, headers } = await send("GET", path, { headers: { "If-None-Match": known } });
  return [status, headers.get("etag") ?? ""];
};

test("HT10 the tag is another one once anything changed that has no version of its own", async () => {
  await using bench = await openHttpBench();
  const { call } = bench.work;
  await call("item.add", { title: "Mend", lane: "autonomous_safe", project: "app" });
  await call("item.add", { title: "Paint" });
  const changes = [
    () => call("note", { ref: "OB-1", text: "Seen" }),
    () => call("link.add", { ref: "OB-2", kind: "blocked_by", to: "OB-1" }),
    () => call("claim", { ref: "OB-1" }),
  ];
  let [status, tag] = await tagAt(bench, "/items/OB-1");
  for (const change of changes) {
    expect(await tagAt(bench, "/items/OB-1", `"x", W/${tag}`)).toEqual([304, tag]);
    await change();
    const before = tag;
    [status, tag] = await tagAt(bench, "/items/OB-1", before);
    expect([status, tag]).not.toEqual([304, before]);
    expect(status).toBe(200);
  }
  const [, project] = await tagAt(bench, "/projects/app");
  expect(project).toMatch(/^"\d+-/);
});

test("HT10 If-Match is refused where the body names another version or the call takes none", async () => {
  await using bench = await openHttpBench();
  await bench.work.call("item.add", { title: "Mend", lane: "autonomous_safe" });
  const token = await bench.token("human:ada", "operator");
  const edit = async (ifMatch: string, ifVersion: number) => {
    const headers = { "If-Match": ifMatch };
    const body = { title: "Mended", ifVersion };
    const { status, body: answer } = await bench.send("PATCH", "/items/OB-1", { token, body, headers });
    return [status, answer];
  };
  expect(await edit('"99"', 1)).toMatchObject([400, { code: "invalid", details: { field: "If-Match" } }]);
  expect(await edit('"99-abc"', 99)).toMatchObject([412, { code: "conflict" }]);
  expect(await edit("1", 1)).toMatchObject([200, { item: { title: "Mended" } }]);
  const refused = await bench.send("POST", "/pause", { token, headers: { "If-Match": '"1"' } });
  expect([refused.status, refused.body]).toMatchObject([
    400,
    { code: "invalid", detail: "pause takes no If-Match", details: { field: "If-Match" } },
  ]);
});

test("HT11 the same key answers what the first call did, and another call under it is refused", async () => {
  await using bench = await openHttpBench();
  const headers = { "Idempotency-Key": "once" };
  const propose = (title: string) => bench.send("POST", "/candidates", { body: { title }, headers });
  const first = await propose("Sign the hooks");
  expect(await propose("Sign the hooks")).toMatchObject({ status: 200, body: first.body });
  expect(await propose("Another")).toMatchObject({ status: 409, body: { code: "conflict" } });
  expect(await bench.work.call("gate.list")).toMatchObject({ candidates: { length: 1 } });
});

test("a list names its next page as a link, until the last", async () => {
  await using bench = await openHttpBench();
  for (const title of ["One", "Two", "Three"]) await bench.work.call("item.add", { title });
  const seen: unknown[] = [];
  for (let path: string | undefined = "/items?limit=2"; path !== undefined;) {
    const { headers, body }: Sent = await bench.send("GET", path);
    seen.push(...z.object({ items: z.array(z.object({ title: z.string() })) }).parse(body).items);
    path = /^<\/api\/v1(.+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];
  }
  expect(seen).toMatchObject([{ title: "Three" }, { title: "Two" }, { title: "One" }]);
});

test("HT13 wait answers as soon as something is ready, and ends with the server", async () => {
  await using bench = await openHttpBench();
  const waits = bench.send("GET", "/wait?timeout=600000");
  await bench.work.call("item.add", { title: "Mend", lane: "autonomous_safe" });
  expect(await waits).toMatchObject({ status: 200, body: { ready: 1 } });
  await bench.work.call("claim", {});
  const ended = bench.send("GET", "/wait?timeout=600000");
  bench.app.stop();
  expect(await ended).toMatchObject({ status: 200, body: { item: null } });
});

test("a call that takes too long is given up", async () => {
  await using bench = await openHttpBench({
    limits: { ...DEFAULT_LIMITS, callMs: 20 },
    replace: () => ({ invoke: () => new Promise(() => {}) }),
  });
  expect(await bench.send("GET", "/status")).toMatchObject({ status: 503, body: { code: "unavailable" } });
});
