import { expect, test } from "bun:test";
import { z } from "zod";
import { rateLimit } from "#http/authenticate-request.ts";
import { guardRequest, loopbackHosts } from "#http/guard-request.ts";
import { DEFAULT_LIMITS } from "#http/http-interface.ts";
import { human } from "#test/stores.ts";
import { openHttpBench } from "./http-bench.ts";

const URL_ASKED = "http://127.0.0.1:7350/api/v1/status";

test("HT30 a foreign host name or origin is refused, and one's own is not", () => {
  const judge = (headers: Readonly<Record<string, string>>, hosts = loopbackHosts()): string => {
    try {
      guardRequest(headers, URL_ASKED, hosts);
      return "served";
    } catch {
      return "refused";
    }
  };
  const own = { host: "127.0.0.1:7350" };
  expect(
    [
      own,
      { host: "localhost:7350" },
      { host: "[::1]:7350" },
      { ...own, origin: "http://127.0.0.1:7350" },
    ].map((one) => judge(one)),
  ).toEqual(Array<string>(4).fill("served"));
  const foreign = [
    { host: "rebound.example:7350" },
    { host: "127.0.0.1.rebound.example" },
    { ...own, origin: "https://evil.example" },
    { ...own, origin: "http://localhost:3000" },
    { ...own, origin: "null" },
    { ...own, "sec-fetch-site": "cross-site" },
    { ...own, "sec-fetch-site": "same-site" },
  ];
  expect(foreign.map((one) => judge(one))).toEqual(Array<string>(foreign.length).fill("refused"));
  expect(judge({ host: "backlog.example" }, [])).toBe("served");
  expect(judge({ host: "backlog.example", origin: "https://evil.example" }, [])).toBe("refused");
});

test("HT30 such a request reaches neither operation, nor agents' protocol, nor metrics", async () => {
  let looked = 0;
  await using bench = await openHttpBench({
    replace: (http) => ({ authenticate: (given) => ((looked += 1), http.authenticate(given)) }),
  });
  for (const path of ["/api/v1/items", "/mcp", "/metrics", "/api/v1/events", "/api/v1/worker/v2/open"])
    for (const headers of [{ Host: "rebound.example" }, { Origin: "https://evil.example" }]) {
      const response = await fetch(new URL(path, bench.url), { method: "POST", headers, body: "{}" });
      expect([path, response.status]).toEqual([path, 403]);
    }
  expect(looked).toBe(0);
});

test("HT31 without a token a caller is an agent at most, under an ai: name", async () => {
  await using bench = await openHttpBench();
  expect(await bench.send("GET", "/caller")).toMatchObject({
    body: { actor: "ai:http", auth: "asserted", authority: "agent", scoped: false },
  });
  const named = await bench.send("GET", "/caller", { headers: { "Sluice-Actor": "ai:me" } });
  expect(named.body).toMatchObject({ actor: "ai:me" });
  for (const actor of ["human:ada", "system:worker"]) {
    const { status, headers } = await bench.send("GET", "/caller", { headers: { "Sluice-Actor": actor } });
    expect([status, headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="sluice"']);
  }
});

test("HT31 where tokens are required, and for one that is not live, the answer is 401", async () => {
  await using bench = await openHttpBench({ requireToken: true });
  const token = await bench.token("human:ada", "operator");
  expect((await bench.send("GET", "/status")).status).toBe(401);
  expect((await bench.send("GET", "/status", { token: "slc_guess" })).status).toBe(401);
  expect((await bench.send("GET", "/status", { token })).status).toBe(200);
  await bench.work.store.tokens.revoke({ by: human(), id: 1 });
  expect((await bench.send("GET", "/status", { token })).status).toBe(401);
  const metrics = await fetch(new URL("/metrics", bench.url));
  expect(metrics.status).toBe(401);
});

test("HT31 who is not let in is kept as a denial, without the token and the name that was only said", async () => {
  await using bench = await openHttpBench({ requireToken: true });
  await bench.send("GET", "/status", { token: "slc_guess" });
  await bench.send("GET", "/items", { token: "slc_another" });
  await bench.send("GET", "/status");
  await using open = await openHttpBench();
  await open.send("GET", "/status", { headers: { "Sluice-Actor": "human:ada" } });
  const shown = async ({ work }: typeof bench) =>
    await work.call("log.denials", {}, { as: { ...human(), auth: "tty" } });
  const kept = { actor: "ai:http", operation: "authenticate", interface: "http", needed: "a live token" };
  expect(await shown(bench)).toMatchObject({ denials: [{ ...kept, times: 3 }] });
  expect(await shown(open)).toMatchObject({
    denials: [{ ...kept, has: "the name of a human without a token", times: 1 }],
  });
  expect(JSON.stringify(await shown(bench))).not.toContain("slc_");
});

test("HT33 what is refused for coming too often is not written down", async () => {
  await using bench = await openHttpBench({ requireToken: true, replace: () => ({ clock: () => 0 }) });
  for (let n = 0; n < 30; n += 1) await bench.send("GET", "/status", { token: `slc_${n}` });
  expect(await bench.work.call("log.denials", {}, { as: { ...human(), auth: "tty" } })).toMatchObject({
    denials: [{ times: 20 }],
  });
});

test("HT32 the token alone says who acts", async () => {
  await using bench = await openHttpBench();
  const token = await bench.token("ai:codex", "agent");
  const other = await bench.send("POST", "/candidates", {
    token,
    body: { title: "Mine" },
    headers: { "Sluice-Actor": "human:ada" },
  });
  expect([other.status, other.body]).toMatchObject([403, { code: "denied" }]);
  const own = await bench.send("POST", "/candidates", { token, body: { title: "Mine" } });
  expect(own.body).toMatchObject({ candidate: { proposed_by: "ai:codex" } });
  const log = await bench.work.call("log", { actor: "ai:codex" });
  expect(log).toMatchObject({ events: [{ actor: "ai:codex", auth: "token", interface: "http" }] });
});

test("HT33 a bucket serves a burst, then its rate, and keeps callers apart", () => {
  let now = 0;
  const wait = rateLimit(10, 3, () => now);
  expect([1, 2, 3, 4].map(() => wait("a"))).toEqual([0, 0, 0, 0.1]);
  expect(wait("b")).toBe(0);
  now += 100;
  expect([wait("a"), wait("a")]).toEqual([0, 0.1]);
  now += 60_000;
  expect([1, 2, 3, 4].map(() => wait("a"))).toEqual([0, 0, 0, 0.1]);
  const free = rateLimit(0, 0, () => now);
  expect(free("a")).toBe(0);
});

test("HT33 who asks too often or guesses tokens is told when to come again; others are served", async () => {
  await using bench = await openHttpBench({
    limits: { ...DEFAULT_LIMITS, requestsPerSecond: 1 },
    replace: () => ({ clock: () => 0 }),
  });
  const [eager, calm] = [await bench.token("ai:eager", "agent"), await bench.token("ai:calm", "agent")];
  const statuses = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await bench.send("GET", "/status", { token: eager })).status);
  expect(statuses).toEqual([200, 200, 429]);
  const { headers } = await bench.send("GET", "/status", { token: eager });
  expect(headers.get("retry-after")).toBe("1");
  expect((await bench.send("GET", "/status", { token: calm })).status).toBe(200);
  const guesses = [];
  for (let n = 0; n < 21; n += 1)
    guesses.push((await bench.send("GET", "/status", { token: `slc_${n}` })).status);
  expect(guesses).toEqual([...Array<number>(20).fill(401), 429]);
  expect((await bench.send("GET", "/status", { token: calm })).status).toBe(200);
});

const Leased = z.object({ lease: z.object({ id: z.string() }) });

test("HT35 a live lease proves its run, in its agent's name and project, until it ends", async () => {
  await using bench = await openHttpBench({ requireToken: true, projects: ["app", "web"] });
  await bench.work.call("item.add", { title: "Mend", lane: "autonomous_safe", project: "app" });
  await bench.work.call("item.add", { title: "Elsewhere", project: "web" });
  const token = await bench.token("ai:codex", "agent");
  const { lease } = Leased.parse((await bench.send("POST", "/claims", { token })).body);
  const headers = { "Sluice-Lease": lease.id };
  expect(await bench.send("GET", "/caller", { headers })).toMatchObject({
    body: { actor: "ai:codex", auth: "run", authority: "agent", scoped: true },
  });
  const own = (more: Readonly<Record<string, string>> = {}) =>
    bench.send("POST", "/items/OB-1/notes", { body: { text: "Seen" }, headers: { ...headers, ...more } });
  expect(await own()).toMatchObject({ status: 200, body: { note: { actor: "ai:codex", by_holder: true } } });
  expect((await own({ "Sluice-Actor": "human:ada" })).status).toBe(401);
  expect((await bench.send("GET", "/items/OB-2", { headers })).status).toBe(404);
  expect((await bench.send("POST", "/items/OB-1/drop", { headers, body: { reason: "x" } })).status).toBe(403);
  const finished = await bench.send("POST", "/lease/finish", { headers, body: { note: "Done" } });
  expect(finished.status).toBe(200);
  expect((await own()).status).toBe(401);
  expect((await bench.send("GET", "/caller", { headers: { "Sluice-Lease": "Lguess" } })).status).toBe(401);
});

test("HT35 a person's lease proves nobody", async () => {
  await using bench = await openHttpBench({ requireToken: true });
  await bench.work.call("item.add", { title: "Mend", lane: "autonomous_safe" });
  const { lease } = Leased.parse(await bench.work.call("claim", {}));
  expect((await bench.send("GET", "/caller", { headers: { "Sluice-Lease": lease.id } })).status).toBe(401);
});
