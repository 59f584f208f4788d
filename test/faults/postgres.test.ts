import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import pg from "pg";
import { SluiceError } from "#domain/errors.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { Store } from "#operations/ports/store.ts";
import { coreOf } from "#store/create-store.ts";
import { closeDatabase, openDatabase, openStore, type OpenStoreOptions } from "#store/open-store.ts";
import { startFaultyPostgres, type FaultyPostgres } from "#test/faulty-postgres.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";
import { startProxy } from "#test/tcp-proxy.ts";
import { startPooler } from "#test/transaction-pooler.ts";

setDefaultTimeout(60_000);

let server: FaultyPostgres;
let count = 0;
const cleanups: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await startFaultyPostgres();
});
afterAll(async () => {
  await server.stop();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function open(place: string, options: Partial<OpenStoreOptions> = {}): Promise<Store> {
  const store = await openStore({ place, create: true, ...options });
  cleanups.push(() => store.close());
  return store;
}

/** A workspace on the server, reached over its socket. */
async function workspace(options: Partial<OpenStoreOptions> = {}): Promise<{ store: Store; schema: string }> {
  count += 1;
  const schema = `w${count}`;
  const store = await open(`${server.url}&schema=${schema}`, options);
  await store.projects.add({ by: human(), alias: "app", name: "App" });
  return { store, schema };
}

async function add(store: Store, many: number): Promise<readonly number[]> {
  const { id: projectId } = await store.projects.get({ alias: "app" });
  const ids: number[] = [];
  for (let n = 0; n < many; n += 1) {
    const item = { projectId, title: `Item ${n}`, spec: EMPTY_SPEC, lane: "autonomous_safe" };
    ids.push((await store.items.add({ by: human(), item })).item.id);
  }
  return ids;
}

const claim = (store: Store) =>
  store.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });

async function raw(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url });
  client.on("error", () => {});
  await client.connect();
  cleanups.push(() => client.end());
  return client;
}

interface Tally {
  readonly claimed: Map<number, string>;
  readonly finished: Set<number>;
  readonly refused: SluiceError[];
}

/** Claims and finishes until nothing is ready. Whatever fails must be `unavailable`. */
async function drain(store: Store, tally: Tally): Promise<void> {
  for (;;) {
    try {
      const made = await claim(store);
      if (made === undefined) return;
      expect(tally.claimed.has(made.item.id)).toBe(false);
      tally.claimed.set(made.item.id, made.lease.id);
      await store.claims.finish({ by: agent(), leaseId: made.lease.id, outcome: "changed", evidence: [] });
      tally.finished.add(made.item.id);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      tally.refused.push(error);
      expect(error.code).toBe("unavailable");
    }
  }
}

/** Four drains at once while `fault` happens; then everything that was acknowledged is there and nothing is wrong. */
async function drainUnder(
  store: Store,
  items: number,
  fault: (tally: Tally) => Promise<void>,
): Promise<Tally> {
  await add(store, items);
  const tally: Tally = { claimed: new Map(), finished: new Set(), refused: [] };
  await Promise.all([...Array.from({ length: 4 }, () => drain(store, tally)), fault(tally)]);
  for (const id of tally.finished) expect((await store.items.get({ id })).item.state).toBe("review");
  for (const [id, leaseId] of tally.claimed)
    if (!tally.finished.has(id)) {
      // Cut off before the answer: the repeated finish answers the first, or is the first.
      await store.claims.finish({ by: agent(), leaseId, outcome: "changed", evidence: [] });
    }
  expect(await store.history.check({ deep: true })).toEqual([]);
  return tally;
}

async function whenClaimed(tally: Tally, some: number): Promise<void> {
  while (tally.claimed.size < some) await Bun.sleep(1);
}

test("FM28 a server that crashes and restarts between claims and finishes loses nothing acknowledged", async () => {
  const { store } = await workspace();
  const tally = await drainUnder(store, 150, async (seen) => {
    for (const some of [20, 70]) {
      await whenClaimed(seen, some);
      await server.crash();
      await server.start();
    }
  });
  expect(tally.finished.size).toBeGreaterThan(100);
  expect(tally.refused.length).toBeGreaterThan(0);
});

test("FM28 ended backends cost their own call alone, and what it did is found or repeated", async () => {
  const { store } = await workspace();
  const tally = await drainUnder(store, 150, async (seen) => {
    for (const some of [10, 40, 70, 100]) {
      await whenClaimed(seen, some);
      await server.sql(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sluice' and pid <> pg_backend_pid()",
      );
    }
  });
  expect(tally.finished.size).toBeGreaterThan(100);
});

test("FM28 a connection that went silent is given up in bounded time, and thrown away", async () => {
  const { schema } = await workspace();
  const proxy = await startProxy(server.socketPath);
  cleanups.push(proxy.close);
  const place = `postgres://postgres@127.0.0.1:${proxy.port}/postgres?schema=${schema}`;
  const store = await open(place, { statementTimeoutMs: 200, poolSize: 1 });
  const [id = 0] = await add(store, 1);
  proxy.silence();
  const startedAt = performance.now();
  const refused = await refusal(store.items.get({ id }));
  expect([refused.code, refused.hint?.includes("idempotency key")]).toEqual(["unavailable", true]);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  proxy.revive();
  expect((await store.items.get({ id })).item.id).toBe(id);
  expect((await claim(store))?.item.id).toBe(id);
});

test("FM28 a read-only standby refuses writes and serves reads, and takes over once it is promoted", async () => {
  const { store: first, schema } = await workspace();
  const [id = 0] = await add(first, 1);
  const held = await claim(first);
  await first.close();
  const standby = await server.standby();
  const proxy = await startProxy(server.socketPath);
  cleanups.push(proxy.close);
  const place = `postgres://postgres@127.0.0.1:${proxy.port}/postgres?schema=${schema}`;
  const store = await open(place);
  proxy.leadTo(standby.socketPath);
  const by = agent("robot", held?.lease.id);
  const note = () => store.items.note({ by, id, body: "Half done" });
  const refused = [await refusal(note()), await refusal(note())];
  expect(refused.map(({ code }) => code)).toEqual(["unavailable", "unavailable"]);
  expect((await store.items.get({ id })).item.leaseId).toBe(held?.lease.id ?? "");
  await standby.sql("select pg_promote()");
  expect(await note()).toMatchObject({ byHolder: true });
  expect(await store.history.check({ deep: true })).toEqual([]);
});

test("FM29 an old snapshot and dead rows let no claim go wrong, and doctor names both", async () => {
  const { store, schema } = await workspace();
  await add(store, 60);
  const pin = await raw();
  await pin.query("begin isolation level repeatable read");
  await pin.query(`select count(*) from "${schema}".item`);
  const churn = await raw();
  for (let n = 0; n < 30; n += 1) await churn.query(`update "${schema}".item set updated_at = updated_at`);
  await churn.query(`insert into "${schema}".setting select 'pad' || n, '' from generate_series(1, 60000) n`);
  await churn.query(`delete from "${schema}".setting where key like 'pad%'`);
  await churn.query("select pg_stat_force_next_flush()");
  const made = new Set<number>();
  for (let next = await claim(store); next !== undefined; next = await claim(store)) made.add(next.item.id);
  expect(made.size).toBe(60);
  const warned = (await store.history.check({ deep: true })).map(
    ({ severity, message }) => `${severity}: ${message}`,
  );
  expect(warned.find((line) => line.includes("has kept a transaction open"))).toStartWith("warning");
  expect(warned.find((line) => line.includes("dead rows, which make claims slow"))).toStartWith("warning");
});

test("FM30 behind a pooler in transaction mode eight clients on two sessions drain the queue", async () => {
  const { store: direct, schema } = await workspace();
  await add(direct, 40);
  const pooler = await startPooler(server.socketPath, 2);
  cleanups.push(pooler.close);
  const place = `postgres://postgres@127.0.0.1:${pooler.port}/postgres?schema=${schema}&prepare=off`;
  const stores = await Promise.all([open(place), open(place)]);
  const tally: Tally = { claimed: new Map(), finished: new Set(), refused: [] };
  await Promise.all(
    stores.flatMap((store) => [drain(store, tally), drain(store, tally), drain(store, tally)]),
  );
  expect([tally.finished.size, tally.refused]).toEqual([40, []]);
  expect(pooler.shared()).toBe(2);
  expect(await direct.history.check({ deep: true })).toEqual([]);
});

test("FM30 with notifications missed, or in a storm, asking again finds what is ready", async () => {
  const { store, schema } = await workspace();
  const storm = await raw();
  const listener = await raw();
  await listener.query("listen sluice_ready");
  const notify = async () => {
    for (let n = 0; n < 300; n += 1)
      await storm.query("select pg_notify('sluice_ready', $1) from generate_series(1, 50) n", [
        `${schema} ${n}`,
      ]);
  };
  const served = async () => {
    for (const id of await add(store, 20)) expect((await claim(store))?.item.id).toBe(id);
  };
  await Promise.all([notify(), served()]);
  await storm.query("select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%'");
  const [id] = await add(store, 1);
  expect((await claim(store))?.item.id).toBe(id ?? 0);
});

const WAITING =
  "select 1 from pg_stat_activity where application_name = 'sluice' and wait_event_type = 'Lock'";

test("a claim within a bound of leases passes over a row that another transaction holds", async () => {
  const { store, schema } = await workspace({ patienceMs: 100 });
  const { id: projectId } = await store.projects.get({ alias: "app" });
  await store.projects.edit({ by: human(), id: projectId, changes: { maxLeases: 5 } });
  const [first = 0, second = 0] = await add(store, 2);
  const other = await raw();
  await other.query("begin");
  await other.query(`select 1 from "${schema}".item where id = $1 for update`, [first]);
  expect((await claim(store))?.item.id).toBe(second);
});

test("a finish whose lease is ended between its reading and its writing is refused", async () => {
  const { store, schema } = await workspace();
  const [id = 0] = await add(store, 1);
  const made = await claim(store);
  const other = await raw();
  await other.query(`set search_path to "${schema}"`);
  await other.query("begin");
  await other.query(
    `update item set event_n = event_n + 1, q = 1, wake_at = null, lease_id = null, holder = null, lease_run_id = null, lease_expires_at = null,
      lease_acquired_at = null, lease_ttl_ms = null where id = $1`,
    [id],
  );
  const leaseId = made?.lease.id ?? "";
  const finished = refusal(store.claims.finish({ by: agent(), leaseId, outcome: "changed", evidence: [] }));
  while ((await server.sql(WAITING)).length === 0) await Bun.sleep(5);
  await other.query("update run set ended_at = started_at, outcome = 'revoked' where id = $1", [made?.runId]);
  await other.query(`with e as (insert into event (stream, stream_id, n, at, actor, auth, door, operation)
    select 'item', id, event_n, updated_at, 'human:ada', 'asserted', 'test', 'run.end' from item where id = ${id} returning id)
    insert into event_payload (event_id, changes) select id, '{}' from e`);
  await other.query("commit");
  expect((await finished).code).toBe("lease_lost");
  expect((await store.items.get({ id })).item.state).toBe("open");
});

test("FM31 a deadlock with another session is resolved and the call is done", async () => {
  const { store, schema } = await workspace();
  const [first = 0, second = 0] = await add(store, 2);
  await store.items.link({ by: human(), fromId: second, kind: "blocked_by", toKind: "item", toId: first });
  const other = await raw();
  await other.query("begin");
  await other.query(`select 1 from "${schema}".item where id = $1 for update`, [second]);
  // Closing the blocker locks it, and then what it blocks.
  const closed = store.items.close({ by: human(), id: first, reason: "Done", evidence: [] });
  while ((await server.sql(WAITING)).length === 0) await Bun.sleep(5);
  const crossing = other
    .query(`select 1 from "${schema}".item where id = $1 for update`, [first])
    .then(() => other.query("commit"))
    .catch(() => other.query("rollback"));
  expect((await closed).item.state).toBe("done");
  await crossing;
  expect((await store.items.get({ id: second })).item.openBlockers).toBe(0);
  expect(await store.history.check({ deep: true })).toEqual([]);
});

test("FM31 a pool whose every connection waits lets heartbeats through", async () => {
  const { store, schema } = await workspace({ poolSize: 2 });
  const [id = 0, stuck = 0] = await add(store, 2);
  const held = await store.claims.item({ by: agent(), id, ttlMs: MIN_LEASE_MS, runner: {} });
  const other = await raw();
  await other.query("begin");
  await other.query(`select 1 from "${schema}".item where id = $1 for update`, [stuck]);
  const waiting = Array.from({ length: 6 }, (_, n) =>
    store.items.note({ by: human(), id: stuck, body: `Note ${n}` }),
  );
  while ((await server.sql(WAITING)).length < 2) await Bun.sleep(5);
  const startedAt = performance.now();
  const leaseId = held.lease.id;
  const renewed = await store.claims.heartbeat({ by: agent("robot", leaseId), leaseId });
  expect(renewed.expiresAt).toBeGreaterThanOrEqual(held.lease.expiresAt);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  await other.query("commit");
  expect(await Promise.all(waiting)).toHaveLength(6);
});

test("FM19 a lock held past the patience is refused as unavailable, with nothing written in part", async () => {
  const { store, schema } = await workspace({ patienceMs: 100, statementTimeoutMs: 1_000 });
  const [id = 0] = await add(store, 1);
  const before = await store.items.get({ id });
  const other = await raw();
  await other.query("begin");
  await other.query(`select 1 from "${schema}".item where id = $1 for update`, [id]);
  const refused = await refusal(store.items.edit({ by: human(), id, changes: { title: "Other" } }));
  expect([refused.code, refused.hint?.startsWith("Nothing was written")]).toEqual(["unavailable", true]);
  await other.query("commit");
  expect(await store.items.get({ id })).toEqual(before);
});

test("FM34 a database that the server does not have is named as that", async () => {
  const { code, message, hint } = await refusal(
    openStore({ place: server.url.replace("/postgres?", "/nobodys?") }),
  );
  expect([code, message]).toEqual(["unavailable", "The PostgreSQL server has no database of that name"]);
  expect(hint).toContain("createdb");
});

test("FM35 a role that may only read is told so, and nothing is written", async () => {
  const { store, schema } = await workspace();
  await add(store, 1);
  const admin = await raw();
  await admin.query("create role looker login; grant pg_read_all_data to looker");
  const looker = await open(`${server.url.replace("postgres@", "looker@")}&schema=${schema}`, {
    create: false,
  });
  expect((await looker.items.get({ id: 1 })).item.title).toBe("Item 0");
  expect(await refusal(claim(looker))).toMatchObject({
    code: "unavailable",
    message: "The role of the workspace's address may not do this",
  });
  expect((await store.items.get({ id: 1 })).item.leaseId).toBeNull();
  await admin.end();
});

test("FM36 a process stopped inside of a transaction holds what it locked no longer than a stuck statement", async () => {
  const { store, schema } = await workspace();
  const [id = 0] = await add(store, 1);
  const place = `${server.url}&schema=${schema}`;
  const stuck = await openDatabase({ place, statementTimeoutMs: 300 });
  cleanups.push(() => closeDatabase(stuck));
  const core = coreOf(stuck);
  const reading = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const snapshot = stuck.dialect.snapshot(stuck.db, async (tx) => {
    const read = () => tx.selectFrom("item").select("title").where("id", "=", id).execute();
    const before = await read();
    reading.resolve();
    await ended.promise;
    expect(await read()).toEqual(before);
  });
  await reading.promise;
  const late = core.write(human(), "note", async ({ tx }) => {
    await tx.updateTable("item").set({ title: "Stuck" }).where("id", "=", id).execute();
    // Comes through only once the server has ended the transaction around it.
    await store.items.edit({ by: human(), id, changes: { title: "Other" } });
    await tx.updateTable("item").set({ title: "Late" }).where("id", "=", id).execute();
  });
  expect((await refusal(late)).code).toBe("unavailable");
  expect((await store.items.get({ id })).item.title).toBe("Other");
  // Only reads, and waits for the other side of a copy: idle for longer than the one that was ended.
  ended.resolve();
  await snapshot;
  await core.write(human(), "note", async ({ tx }) => {
    await tx.selectFrom("item").select("id").execute();
  });
});
