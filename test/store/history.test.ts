import { setImmediate } from "node:timers/promises";
import { expect, test } from "bun:test";
import type { HistoryEvent } from "#operations/ports/store/history-store.ts";
import { agent, human, worker } from "#test/stores.ts";
import { eachStore, LANE, type StoreBench } from "./each-store.ts";
import { rawSql, whileLocked } from "#test/raw-sql.ts";
import { refusal } from "#test/refusal.ts";

const by = human();

async function eventsOf(
  { store }: StoreBench,
  streamId: number,
  stream = "item",
): Promise<readonly HistoryEvent[]> {
  const request = { stream, streamId, newestFirst: false, page: { limit: 200 } };
  return (await store.history.events(request)).items;
}

eachStore((bench) => {
  test("AT1 each change of an item is one event: who, when, how, and each field's old and new value", async () => {
    const { id } = await bench.add({ lane: LANE.triage });
    const { store } = bench;
    const steps: readonly (readonly [string, () => Promise<unknown>, object])[] = [
      [
        "item.edit",
        () => store.items.edit({ by, id, changes: { title: "Roof", priority: "P1", labels: ["wet"] } }),
        { title: ["Mend the roof", "Roof"], priority: [null, "P1"], labels: ["[]", '["wet"]'] },
      ],
      [
        "item.edit",
        () => store.items.edit({ by, id, changes: { spec: { why: "Rain" } } }),
        { spec: { why: [null, "Rain"] } },
      ],
      [
        "item.move",
        () => store.items.move({ by, id, lane: LANE.agent }),
        { lane: [LANE.triage, LANE.agent] },
      ],
      ["item.bump", () => store.items.bump({ by, id }), { band: [1, 0] }],
      ["note", () => store.items.note({ by, id, body: "Seen" }), {}],
      ["plan.set", () => store.items.setPlan({ by, id, body: "1. Look" }), { plan: 1 }],
      [
        "evidence.add",
        () => store.items.addEvidence({ by, id, kind: "pr", value: "7" }),
        { evidence: ["pr", "7"] },
      ],
      ["block", () => store.claims.blockItem({ by, id, note: "Rain" }), { state: ["open", "blocked"] }],
      ["item.unblock", () => store.items.unblock({ by, id }), { state: ["blocked", "open"] }],
      [
        "item.drop",
        () => store.items.drop({ by, id, reason: "Sold" }),
        { state: ["open", "dropped"], reason: "Sold" },
      ],
      ["item.reopen", () => store.items.reopen({ by, id, reason: "Kept" }), { state: ["dropped", "open"] }],
      [
        "item.close",
        () => store.items.close({ by, id, reason: "Dry", evidence: [] }),
        { state: ["open", "done"] },
      ],
    ];
    for (const [operation, step, changes] of steps) {
      const before = await eventsOf(bench, id);
      const earliest = await store.now();
      await step();
      const added = (await eventsOf(bench, id)).slice(before.length);
      expect(added).toHaveLength(1);
      expect(added[0]).toMatchObject({
        operation,
        changes,
        actor: "human:ada",
        auth: "asserted",
        interface: "test",
        n: before.length + 1,
        runId: null,
      });
      expect(added[0]?.at).toBeGreaterThanOrEqual(earliest);
    }
  });

  test("AT2 what a run does names its run; the claim, each write and the end are one event each, heartbeats none", async () => {
    const { id } = await bench.add();
    const { lease, runId } = await bench.claim(id, { runner: { workerId: "w1" } });
    const run = agent("robot", lease.id);
    await bench.store.claims.heartbeat({ by: run, leaseId: lease.id });
    await bench.store.items.note({ by: run, id, body: "Half" });
    await bench.store.claims.finish({ by: run, leaseId: lease.id, outcome: "changed", evidence: [] });
    const review = (await bench.item(id)).leaseId ?? "";
    await bench.store.claims.advance({ by: worker(), leaseId: review, id, phase: "verify" });
    const events = (await eventsOf(bench, id)).slice(1);
    expect(events.map((event) => [event.operation, event.actor, event.auth, event.runId])).toEqual([
      ["claim", "ai:robot", "asserted", runId],
      ["note", "ai:robot", "run", runId],
      ["finish", "ai:robot", "run", runId],
      ["review.advance", "system:worker", "asserted", runId],
    ]);
  });

  test("what the product does by itself is the system's, not the caller's", async () => {
    const [a, b] = [await bench.add(), await bench.add()];
    await bench.store.items.link({ by, fromId: a.id, kind: "blocked_by", toKind: "item", toId: b.id });
    await bench.store.claims.blockItem({ by, id: a.id, note: "Wait" });
    await bench.store.items.close({ by, id: b.id, reason: "Done", evidence: [] });
    const last = (await eventsOf(bench, a.id)).at(-1);
    expect([last?.operation, last?.actor]).toEqual(["unblock", "system:store"]);
    const { lease } = await bench.claim(a.id, { ttlMs: 30_000 });
    bench.advance(30_000);
    await bench.claim(a.id);
    const [expiry] = (await eventsOf(bench, a.id)).slice(-2);
    expect([expiry?.operation, expiry?.actor]).toEqual(["lease.expired", "system:lease"]);
    expect(lease.id).not.toBe("");
  });

  test("AT4 numbers of a stream have no gap, also under changes at once from several sessions", async () => {
    const other = await bench.test.again();
    const { id } = await bench.add();
    await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        (n % 2 === 0 ? bench.store : other).items.note({ by: human(`h${n}`), id, body: `Note ${n}` }),
      ),
    );
    const events = await eventsOf(bench, id);
    expect(events.map(({ n }) => n)).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
    expect((await bench.item(id)).eventN).toBe(25);
    expect(new Set(events.map(({ actor }) => actor)).size).toBe(25);
  });

  test("what is refused leaves no event", async () => {
    const { id } = await bench.add();
    const before = await eventsOf(bench, id);
    await bench.store.items.move({ by, id, lane: "no such lane" }).catch(() => {});
    await bench.store.items.unblock({ by, id }).catch(() => {});
    await bench.store.items.drop({ by: agent(), id, reason: "Mine" }).catch(() => {});
    expect(await eventsOf(bench, id)).toEqual(before);
  });

  test("AT6 the database itself refuses to change or remove an event", async () => {
    const { id } = await bench.add();
    const before = await eventsOf(bench, id);
    const postgres = ["truncate event cascade", "truncate event_payload"];
    for (const statement of [
      `update event set actor = 'human:eve' where stream_id = ${id}`,
      `delete from event where stream_id = ${id}`,
      "delete from event",
      "delete from event_payload",
      ...(bench.kind === "postgres" ? postgres : []),
    ]) {
      const failed = await rawSql(bench.test.place, statement).then(
        () => `${statement} went through`,
        (error: unknown) => String(error),
      );
      expect(failed).toMatch(/never (changed|deleted)/);
    }
    expect(await eventsOf(bench, id)).toEqual(before);
  });

  test("the history pages by a cursor in both directions, and filters by actor", async () => {
    const { id } = await bench.add();
    for (let n = 0; n < 7; n += 1) await bench.store.items.note({ by: human("pager"), id, body: `${n}` });
    for (const newestFirst of [true, false]) {
      const ns: number[] = [];
      let cursor: string | undefined;
      do {
        const { items, next } = await bench.store.history.events({
          stream: "item",
          streamId: id,
          newestFirst,
          page: { limit: 3, cursor },
        });
        ns.push(...items.map(({ n }) => n));
        cursor = next ?? undefined;
      } while (cursor !== undefined);
      const all = [1, 2, 3, 4, 5, 6, 7, 8];
      expect(ns).toEqual(newestFirst ? all.toReversed() : all);
    }
    const mine = { actor: "human:pager", newestFirst: true, page: { limit: 50 } };
    expect((await bench.store.history.events(mine)).items).toHaveLength(7);
  });

  test("projects, repos, candidates, lanes, settings and pauses have a history too", async () => {
    const { id } = await bench.project();
    await bench.store.projects.edit({ by, id, changes: { weight: 3 } });
    const { candidate } = await bench.store.gate.propose({ by: agent(), proposal: await bench.proposal() });
    await bench.store.gate.reject({ by, id: candidate.id, reason: "No" });
    await bench.store.claims.pause({ by, scope: "project", name: "nowhere" });
    await bench.store.claims.resume({ by, scope: "project", name: "nowhere" });
    expect((await eventsOf(bench, id, "project")).map(({ operation }) => operation)).toEqual([
      "project.add",
      "project.edit",
    ]);
    expect((await eventsOf(bench, candidate.id, "candidate")).map(({ actor }) => actor)).toEqual([
      "ai:robot",
      "human:ada",
    ]);
    expect((await eventsOf(bench, 0, "workspace")).map(({ operation }) => operation)).toEqual([
      "pause",
      "resume",
    ]);
  });

  test("AT9 the check of a workspace finds what was changed behind the store's back", async () => {
    const broken = await bench.test.again();
    const [a, b] = [await bench.add(), await bench.add()];
    await bench.store.items.link({ by, fromId: a.id, kind: "blocked_by", toKind: "item", toId: b.id });
    const damage = [
      [
        `update item set open_blockers = 0 where id = ${a.id}`,
        `update item set open_blockers = 1 where id = ${a.id}`,
        "derived.blockers",
      ],
      [
        `update item set q = null where id = ${b.id}`,
        `update item set q = 1 where id = ${b.id}`,
        "derived.queue",
      ],
      [
        `update item set deadline = deadline + 1 where id = ${b.id}`,
        `update item set deadline = deadline - 1 where id = ${b.id}`,
        "derived.deadline",
      ],
      [
        `update item set event_n = event_n + 1 where id = ${b.id}`,
        `update item set event_n = event_n - 1 where id = ${b.id}`,
        "history.behind",
      ],
    ] as const;
    for (const [harm, repair, check] of damage) {
      await rawSql(bench.test.place, harm);
      expect((await broken.history.check({ deep: true })).map((finding) => finding.check)).toContain(check);
      await rawSql(bench.test.place, repair);
      expect(await broken.history.check({ deep: true })).toEqual([]);
    }
  });

  test("AT11 who follows the history gets each entry once and skips none that ends late", async () => {
    const { store } = bench;
    const { id } = await bench.add();
    const { next: start } = await store.history.follow({ limit: 10 });
    for (const body of ["one", "two", "three"]) await store.items.note({ by, id, body });
    const seen: HistoryEvent[] = [];
    const read = async (after: string): Promise<string> => {
      const { events, next } = await store.history.follow({ after, limit: 2 });
      seen.push(...events);
      return events.length === 0 ? next : await read(next);
    };
    const here = await read(start);
    expect(seen.map(({ operation }) => operation)).toEqual(["note", "note", "note"]);
    expect((await store.history.follow({ limit: 1 })).next).toBe(here);
    // A transaction that began before and has not ended might still write an entry that stands before this one.
    const late = async () => {
      await store.items.note({ by, id, body: "four" });
      expect((await store.history.follow({ after: here, limit: 2 })).events).toEqual([]);
    };
    const open = "insert into setting (key, value) values ('late', '')";
    if (bench.kind === "postgres") await whileLocked(bench.test.place, open, late);
    else await store.items.note({ by, id, body: "four" });
    expect((await store.history.follow({ after: here, limit: 2 })).events).toHaveLength(1);
    expect((await refusal(store.history.follow({ after: "x", limit: 1 }))).code).toBe("invalid");
  });

  test("AT11 beside several writers a follower misses no entry", async () => {
    const writers = await Promise.all(
      [0, 1, 2, 3].map(async () => [await bench.test.again(), await bench.add()] as const),
    );
    const { next: start } = await bench.store.history.follow({ limit: 10 });
    const [wrote, each] = [new Set<number>(), 25];
    const writing = writers.map(async ([store, { id }]) => {
      for (let n = 0; n < each; n += 1) await store.items.note({ by, id, body: `${n}` });
      wrote.add(id);
    });
    const seen: number[] = [];
    for (let after = start; ;) {
      const hasEnded = wrote.size === writers.length;
      const { events, next } = await bench.store.history.follow({ after, limit: 7 });
      seen.push(...events.map(({ id }) => id));
      after = next;
      if (hasEnded && events.length === 0) break;
      await setImmediate(); // SQLite answers without a turn of the event loop, and writers wait for one
    }
    await Promise.all(writing);
    expect([seen.length, new Set(seen).size]).toEqual([writers.length * each, writers.length * each]);
  });

  test("who follows the history waits for no transaction of another workspace", async () => {
    const { store } = bench;
    const { id } = await bench.add();
    const { next: start } = await store.history.follow({ limit: 10 });
    const read = async () => {
      await store.items.note({ by, id, body: "one" });
      expect((await store.history.follow({ after: start, limit: 2 })).events).toHaveLength(1);
    };
    if (bench.kind === "sqlite") return await read();
    await whileLocked(bench.test.place, "select pg_current_xact_id()", read);
  });

  test("rules of the lifecycle stand in the database too", async () => {
    const { id } = await bench.add();
    for (const wrong of [
      "state = 'limbo'",
      "state = 'done'",
      "state = 'review'",
      "closed_at = 1",
      "phase = 'human'",
      "lease_id = 'L1'",
      "q = 3",
      "q = 7",
      "lane = 'nowhere'",
      "band = 2",
    ]) {
      const result = await rawSql(bench.test.place, `update item set ${wrong} where id = ${id}`).then(
        () => `${wrong} went through`,
        () => "refused",
      );
      expect(`${wrong}: ${result}`).toBe(`${wrong}: refused`);
    }
  });
});
