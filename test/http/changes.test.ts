import { expect, test } from "bun:test";
import { z } from "zod";
import { type EventReader, type FedEvent, createEventFeed, eventStream } from "#http/event-feed.ts";
import { agent, human, STORE_KINDS } from "#test/stores.ts";
import { openHttpBench, type HttpBench } from "./http-bench.ts";

interface Change {
  readonly id: string;
  readonly operation: string;
  readonly ref: string | undefined;
}

const Claimed = z.object({ lease: z.object({ id: z.string() }) });
const View = z.object({ operation: z.string(), ref: z.string().optional() });

/** Reads a stream until `enough` changes came, or its end. */
async function changes(
  { url }: Pick<HttpBench, "url">,
  enough: number,
  after?: string,
  then: () => Promise<unknown> = () => Promise.resolve(),
  token?: string,
): Promise<readonly Change[]> {
  const gone = new AbortController();
  const response = await fetch(new URL("/api/v1/events", url), {
    signal: gone.signal,
    headers: {
      ...(after === undefined ? {} : { "Last-Event-ID": after }),
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  await then();
  const seen: Change[] = [];
  let text = "";
  const decoder = new TextDecoder();
  const body: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined;
  if (body === undefined) throw new Error("A stream has a body");
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    seen.push(...frames.flatMap(readFrame));
    if (seen.length >= enough) break;
  }
  gone.abort();
  return seen;
}

function readFrame(frame: string): readonly Change[] {
  const [, id, data] = /^id: (.+)\nevent: change\ndata: (.+)$/.exec(frame) ?? [];
  if (id === undefined || data === undefined) return [];
  const { operation, ref } = View.parse(JSON.parse(data));
  return [{ id, operation, ref }];
}

test("HT20 a stream tells each change once and goes on behind the last one seen", async () => {
  await using bench = await openHttpBench();
  const live = await changes(bench, 2, undefined, async () => {
    await bench.work.call("item.add", { title: "Mend" });
    await bench.work.call("note", { ref: "OB-1", text: "Seen" });
  });
  expect(live).toMatchObject([
    { operation: "add", ref: "OB-1" },
    { operation: "note", ref: "OB-1" },
  ]);
  await bench.work.call("item.bump", { ref: "OB-1" });
  const [first, second] = live;
  expect(await changes(bench, 2, first?.id)).toMatchObject([
    { operation: "note" },
    { operation: "item.bump" },
  ]);
  expect(await changes(bench, 1, second?.id)).toMatchObject([{ operation: "item.bump" }]);
  const wrong = await fetch(new URL("/api/v1/events?after=x", bench.url));
  expect([wrong.status, await wrong.json()]).toMatchObject([400, { details: { field: "after" } }]);
  const headers = { "Last-Event-ID": "x" };
  const unknown = await fetch(new URL("/api/v1/events", bench.url), { headers });
  expect([unknown.status, await unknown.json()]).toMatchObject([
    400,
    { details: { field: "Last-Event-ID", value: "x" } },
  ]);
});

test.each(STORE_KINDS)(
  "HT20 on %s a token for some projects follows those, live and after a break, and nothing of others",
  async (kind) => {
    await using bench = await openHttpBench({ kind, projects: ["app", "other"] });
    const { call, store } = bench.work;
    const { id } = await store.projects.get({ alias: "app" });
    const token = await bench.token("ai:codex", "agent", [id]);
    const both = async (title: string) => {
      await call("item.add", { title, project: "other" });
      await call("item.add", { title, project: "app" });
    };
    const live = await changes(bench, 2, undefined, () => both("One").then(() => both("Two")), token);
    expect(live.map(({ operation, ref }) => [operation, ref])).toEqual([
      ["add", "OB-2"],
      ["add", "OB-4"],
    ]);
    await both("Three");
    const [first] = live;
    const later = await changes(bench, 2, first?.id, undefined, token);
    expect(later.map(({ ref }) => ref)).toEqual(["OB-4", "OB-6"]);
    const all = await changes(bench, 4, first?.id);
    expect(all.map(({ ref }) => ref)).toEqual(["OB-3", "OB-4", "OB-5", "OB-6"]);
  },
  30_000,
);

test("HT20 the lease of a run opens no stream, which would outlive it", async () => {
  await using bench = await openHttpBench();
  await bench.work.call("item.add", { title: "Mend", lane: "autonomous_safe" });
  const { lease } = Claimed.parse(await bench.work.call("claim", {}, { as: agent("codex") }));
  const refused = await fetch(new URL("/api/v1/events", bench.url), {
    headers: { "Sluice-Lease": lease.id },
  });
  expect(refused.status).toBe(403);
});

const isKnown = () => Promise.resolve(true);
const event = (n: number): FedEvent => ({ place: String(n), view: { n } });

test("readers at the same place cost one look, and a look that fails loses nothing", async () => {
  let [looks, fails] = [0, 1];
  const written: FedEvent[] = [];
  const failures: unknown[] = [];
  const feed = createEventFeed(
    (after) => {
      if (after !== undefined) looks += 1;
      if (after !== undefined && written.length > 0 && fails-- > 0) return Promise.reject(new Error("away"));
      const from = after === undefined ? written.length : Number(after);
      return Promise.resolve({ events: written.slice(from), next: String(written.length) });
    },
    1,
    (error) => failures.push(error),
  );
  const told: FedEvent[][] = [[], [], []];
  const heard = told.map(() => Promise.withResolvers<void>());
  for (const [at, one] of told.entries())
    await feed.follow(undefined, {
      told: (events) => {
        one.push(...events);
        heard[at]?.resolve();
      },
      isKnown,
      end: () => {},
    });
  const before = looks;
  written.push(event(1));
  await Promise.all(heard.map(({ promise }) => promise));
  expect(told).toEqual([[event(1)], [event(1)], [event(1)]]);
  expect(failures).toHaveLength(1);
  expect(looks - before).toBeLessThanOrEqual(4);
  feed.close();
  expect(feed.readers()).toBe(0);
});

test("readers who may see the same share a look, others have their own", async () => {
  let looks: string[] = [];
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const feed = createEventFeed(
    (_after, projects) => {
      looks.push(projects?.join(",") ?? "all");
      if (looks.length === 9) resolve();
      return Promise.resolve({ events: [], next: "0" });
    },
    1,
    () => {},
  );
  for (const projects of [[1], [1], undefined, [1, 2], [2, 1], undefined]) {
    looks = [];
    await feed.follow("0", { told: () => {}, isKnown, end: () => {}, projects });
  }
  await enough;
  feed.close();
  // The first three may still be a look that began before all were there.
  expect(looks.slice(3, 9).toSorted()).toEqual(["1", "1", "1,2", "1,2", "all", "all"]);
});

test("one that does not read is cut off, and the server's end ends a stream", async () => {
  const readers = new Set<(events: readonly FedEvent[]) => void>();
  const feed = {
    follow: (_after: string | undefined, { told }: EventReader) => {
      readers.add(told);
      return Promise.resolve(() => void readers.delete(told));
    },
    readers: () => readers.size,
    close: () => {},
  };
  const stopping = new AbortController();
  const slow = await eventStream(feed, undefined, { isKnown }, stopping.signal);
  const ended = await eventStream(feed, undefined, { isKnown }, stopping.signal);
  expect(readers.size).toBe(2);
  const [flood] = readers;
  for (let n = 0; n < 40; n += 1) flood?.([{ place: String(n), view: { text: "x".repeat(100_000) } }]);
  expect(readers.size).toBe(1);
  stopping.abort();
  expect(readers.size).toBe(0);
  expect(await ended.text()).toBe("retry: 1000\n\n");
  await slow.body?.cancel();
});

test("HT22 a stream ends once its token is revoked, and tells nothing that is written from then on", async () => {
  await using bench = await openHttpBench({ requireToken: true });
  const [revoked, kept] = [await bench.token("ai:one", "agent"), await bench.token("ai:two", "agent")];
  const follow = async (token: string) =>
    await fetch(new URL("/api/v1/events", bench.url), { headers: { Authorization: `Bearer ${token}` } });
  const [ends, stays] = [await follow(revoked), await follow(kept)];
  await bench.work.store.tokens.revoke({ by: human(), id: 1 });
  await bench.work.call("item.add", { title: "Of no concern" });
  expect(await ends.text()).not.toContain("item");
  bench.app.stop();
  await stays.body?.cancel();
});

test("HT22 a wait is answered with 401 where its token was revoked meanwhile", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: ready, resolve: end } = Promise.withResolvers<void>();
  await using bench = await openHttpBench({
    requireToken: true,
    replace: () => ({
      invoke: async () => {
        ask();
        await ready;
        return { ready: 1 };
      },
    }),
  });
  const token = await bench.token("ai:one", "agent");
  const waits = bench.send("GET", "/wait?timeout=600000", { token });
  await asked;
  await bench.work.store.tokens.revoke({ by: human(), id: 1 });
  end();
  const { status, headers, body } = await waits;
  expect([status, headers.get("www-authenticate"), body]).toMatchObject([
    401,
    'Bearer realm="sluice"',
    { code: "denied" },
  ]);
});

test("HT22 who is known no more is told nothing, and others go on", async () => {
  const written: FedEvent[] = [];
  const feed = createEventFeed(
    (after) =>
      Promise.resolve({
        events: written.slice(after === undefined ? written.length : Number(after)),
        next: String(written.length),
      }),
    1,
    () => {},
  );
  const told: FedEvent[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const { promise: heard, resolve: hear } = Promise.withResolvers<void>();
  let mayRead = true;
  await feed.follow(undefined, {
    told: (events) => told.push(...events),
    isKnown: () => Promise.resolve(mayRead),
    end,
  });
  await feed.follow(undefined, { told: () => hear(), isKnown, end: () => {} });
  mayRead = false;
  written.push(event(1));
  await Promise.all([ended, heard]);
  expect([told, feed.readers()]).toEqual([[], 1]);
  feed.close();
});
