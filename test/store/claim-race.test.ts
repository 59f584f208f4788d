import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { whileLocked } from "#test/raw-sql.ts";
import { RUN_WRITES } from "#test/run-writes.ts";
import { agent, human, openTestStore, STORE_KINDS, type StoreKind, type TestStore } from "#test/stores.ts";
import { LANE, MINUTE } from "./each-store.ts";

const PROCESSES = 8;
const ITEMS = 500;
/** More than are woken in one claim. */
const QUESTIONS = 80;
/** Items added at a time; a pool has four connections. */
const AT_ONCE = 4;
const SCRIPT = join(import.meta.dir, "../support/store-process.ts");

interface Peer {
  readonly pid: number;
  readonly send: (command: object) => void;
  readonly read: () => Promise<unknown>;
  readonly end: () => Promise<void>;
}

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function workspace(kind: StoreKind, items: number): Promise<{ test: TestStore; clock: string }> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-race-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const clock = join(folder, "clock");
  writeFileSync(clock, "0");
  const opened = await openTestStore(kind, {
    synchronous: "normal",
    clockOffsetMs: () => Number(readFileSync(clock, "utf8")),
  });
  cleanups.push(() => opened.close());
  const { id: projectId } = await opened.store.projects.add({ by: human(), alias: "app", name: "App" });
  const add = (n: number) =>
    opened.store.items.add({
      by: human(),
      item: { projectId, title: `Item ${n}`, spec: EMPTY_SPEC, lane: LANE.agent },
    });
  for (let n = 0; n < items; n += AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items - n) }, (_, at) => add(n + at)));
  return { test: opened, clock };
}

function startPeer(place: string, clock: string): Peer {
  const child = Bun.spawn([process.execPath, SCRIPT, place, clock], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = linesOf(child.stdout);
  const peer: Peer = {
    pid: child.pid,
    send: (command) => {
      void child.stdin.write(`${JSON.stringify(command)}\n`);
      void child.stdin.flush();
    },
    read: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error("the process ended");
      return z.unknown().parse(JSON.parse(value));
    },
    end: async () => {
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      await child.exited;
    },
  };
  cleanups.push(peer.end);
  return peer;
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

/** Lets an agent ask on each item, with a default and a minute to answer. */
async function askOnAll({ store }: TestStore, items: number): Promise<void> {
  const [project] = await store.projects.list({});
  await store.projects.edit({
    by: human(),
    id: project?.id ?? 0,
    changes: { policy: { questionDefaultsBy: "human:ada" } },
  });
  for (let n = 0; n < items; n += 1) {
    const claim = await store.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });
    await store.claims.ask({
      by: agent(),
      leaseId: claim?.lease.id ?? "",
      question: "Which?",
      options: ["This", "That"],
      defaultOption: "This",
      deadlineMs: (await store.now()) + MINUTE,
    });
  }
}

const Drained = z.object({ ids: z.array(z.number()) });
const Claimed = z.object({ id: z.number(), lease: z.string() });
const Answer = z.object({ code: z.string() });

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test("eight processes of one name released at once claim 500 items, each once", async () => {
      const { test: opened, clock } = await workspace(kind, ITEMS);
      const peers = Array.from({ length: PROCESSES }, () => startPeer(opened.place, clock));
      await Promise.all(peers.map((peer) => peer.read()));
      for (const peer of peers) peer.send({ do: "drain" });
      const answers = await Promise.all(peers.map(async (peer) => Drained.parse(await peer.read()).ids));
      const ids = answers.flat();
      expect(ids).toHaveLength(ITEMS);
      expect(new Set(ids).size).toBe(ITEMS);
      expect(answers.filter((own) => own.length > 0).length).toBeGreaterThan(1);
      const { items } = await opened.store.runs.list({ live: true, page: { limit: 1_000 } });
      expect(new Set(items.map((run) => run.itemId)).size).toBe(ITEMS);
      expect(await opened.store.history.check({ deep: true })).toEqual([]);
    }, 60_000);

    test("CL48 eight processes that look at the same moment take each default once", async () => {
      const { test: opened, clock } = await workspace(kind, QUESTIONS);
      await askOnAll(opened, QUESTIONS);
      const peers = Array.from({ length: PROCESSES }, () => startPeer(opened.place, clock));
      await Promise.all(peers.map((peer) => peer.read()));
      writeFileSync(clock, String(2 * MINUTE));
      for (const peer of peers) peer.send({ do: "drain" });
      const answers = await Promise.all(peers.map(async (peer) => Drained.parse(await peer.read()).ids));
      expect(new Set(answers.flat()).size).toBe(QUESTIONS);
      const { items: events } = await opened.store.history.events({
        actor: "system:deadline",
        newestFirst: false,
        page: { limit: 1_000 },
      });
      expect(events.map(({ operation }) => operation)).toEqual(
        Array.from({ length: QUESTIONS }, () => "decide"),
      );
      expect(new Set(events.map(({ streamId }) => streamId)).size).toBe(QUESTIONS);
      expect(await opened.store.history.check({ deep: true })).toEqual([]);
    }, 60_000);

    test.each([true, false])(
      "a process stopped past its lease and woken writes nothing (claimed again meanwhile: %p)",
      async (claimedAgain) => {
        const { test: opened, clock } = await workspace(kind, 1);
        const { store } = opened;
        const peer = startPeer(opened.place, clock);
        await peer.read();
        peer.send({ do: "claim" });
        const { id, lease } = Claimed.parse(await peer.read());
        process.kill(peer.pid, "SIGSTOP");
        for (const name of Object.keys(RUN_WRITES)) peer.send({ do: "write", name, lease, id });
        writeFileSync(clock, String(MIN_LEASE_MS + 1));
        if (claimedAgain)
          await store.claims.item({
            by: { ...human(), actor: { kind: "ai", name: "robot" } },
            id,
            ttlMs: MIN_LEASE_MS,
            runner: {},
          });
        const before = await store.items.get({ id });
        process.kill(peer.pid, "SIGCONT");
        for (const name of Object.keys(RUN_WRITES))
          expect(`${name} ${Answer.parse(await peer.read()).code}`).toBe(`${name} lease_lost`);
        expect(await store.items.get({ id })).toEqual(before);
        expect((await store.gate.list({ page: { limit: 10 } })).items).toEqual([]);
      },
      30_000,
    );
  });

describe("postgres", () => {
  test("CL42 a claim passes over a row that another transaction holds, instead of waiting for it", async () => {
    const { test: opened } = await workspace("postgres", 2);
    const { items } = await opened.store.items.list({ filter: {}, page: { limit: 2 } });
    const [second, first] = items.map((item) => item.id);
    await whileLocked(opened.place, `select id from item where id = ${first} for update`, async () => {
      const claim = await opened.store.claims.next({
        by: agent(),
        filter: {},
        ttlMs: MIN_LEASE_MS,
        runner: {},
      });
      expect(claim?.item.id).toBe(second);
    });
  });
});
