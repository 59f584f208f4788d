import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { Spec } from "#domain/item/spec.ts";
import type { Store } from "#operations/ports/store.ts";
import { copyPlaces, openDatabase } from "#store/open-store.ts";
import { rawSql } from "#test/raw-sql.ts";
import { refusal } from "#test/refusal.ts";
import {
  agent,
  freshSchema,
  human,
  openTestStore,
  STORE_KINDS,
  type StoreKind,
  type TestStore,
} from "#test/stores.ts";
import { join } from "node:path";
import { TABLE_NAMES } from "#store/copy/copied-tables.ts";

setDefaultTimeout(60_000);

const by = human();
const DAY_MS = 86_400_000;
/** With what JSON writes in another way. */
const SECRET = 'sk-"leaked"\\n\n42';
const LANE = "autonomous_safe";

interface Leaked extends TestStore {
  readonly item: number;
  readonly other: number;
  readonly candidate: number;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** A workspace in which a secret stands wherever a caller can write. */
async function leaked(kind: StoreKind): Promise<Leaked> {
  const workspace = await openTestStore(kind);
  const { store } = workspace;
  const { id: projectId } = await store.projects.add({ by, alias: "app", name: "App" });
  const spec = Spec.parse({ problem: `It says ${SECRET} here`, steps: [{ text: SECRET }] });
  const proposal = { projectId, title: "From a scan", spec, wishes: {}, source: "scan", fingerprint: "one" };
  const { candidate } = await store.gate.propose({ by: agent(), proposal });
  const { detail } = await store.gate.approve({ by, id: candidate.id, lane: LANE });
  const { id } = detail.item;
  await store.items.edit({ by, id, changes: { title: `Use sk-leaked42`, spec: { why: SECRET } } });
  await store.items.edit({ by, id, changes: { title: "Use the key" } });
  await store.items.note({ by, id, body: `See ${SECRET}` });
  await store.items.setPlan({ by, id, body: `1. ${SECRET}` });
  await store.items.addEvidence({ by, id, kind: "log", value: SECRET });
  const claim = await store.claims.item({ by: agent(), id, ttlMs: 60_000, runner: {} });
  const question = { question: `Is ${SECRET} right?`, options: [SECRET, "No"], defaultOption: SECRET };
  await store.claims.ask({ by: agent(), leaseId: claim.lease.id, ...question });
  await store.items.decide({ by, id, answer: SECRET, reason: SECRET });
  const again = await store.claims.item({ by: agent(), id, ttlMs: 60_000, runner: {} });
  await store.claims.end({ by, runId: again.runId, outcome: "agent_failed", note: SECRET });
  const other = await store.items.add({ by, item: { projectId, title: "Another", spec } });
  const once = {
    by,
    key: "k1",
    operation: "x",
    inputHash: "x",
    work: () => Promise.resolve({ said: SECRET }),
  };
  await store.once(once);
  return {
    ...workspace,
    item: id,
    other: other.item.id,
    candidate: candidate.id,
    [Symbol.asyncDispose]: workspace.close,
  };
}

const redact = (store: Store, more: object = {}) =>
  store.history.redact({ by, text: SECRET, reason: "A key was pasted", dryRun: false, ...more });

/** Every row of the workspace in which the text stands, by table. */
async function standsIn(place: string): Promise<readonly string[]> {
  const { db, dialect } = await openDatabase({ place });
  const found: string[] = [];
  for (const table of TABLE_NAMES)
    for (const row of await db.selectFrom(table).selectAll().execute())
      if (JSON.stringify(row).replaceAll("\\", "").includes("leaked")) found.push(table);
  await db.destroy();
  await dialect.close();
  return Array.from(new Set(found)).toSorted();
}

describe.each([...STORE_KINDS])("%s", (kind) => {
  test("DU51 a text is gone from the history and all that was written with it; entries, seals and search follow", async () => {
    await using w = await leaked(kind);
    const { store } = w;
    await store.history.seal({ by });
    const before = await store.history.events({ newestFirst: false, page: { limit: 200 } });
    const holding = [
      "candidate",
      "event_payload",
      "evidence",
      "idempotency",
      "item_spec",
      "note",
      "plan",
      "question",
      "run",
    ];
    expect(await standsIn(w.place)).toEqual(holding);
    const dry = await redact(store, { dryRun: true });
    expect(await standsIn(w.place)).toEqual(holding);
    const done = await redact(store);
    expect(done).toEqual(dry);
    expect([done.archived, done.entries > 4, done.texts > 8]).toEqual([0, true, true]);
    await redact(store, { text: "sk-leaked42" });
    expect(await standsIn(w.place)).toEqual([]);
    const after = await store.history.events({ newestFirst: false, page: { limit: 200 } });
    expect(after.items.slice(0, before.items.length).map(({ id, n, at }) => [id, n, at])).toEqual(
      before.items.map(({ id, n, at }) => [id, n, at]),
    );
    expect(after.items.filter(({ redactedAt }) => redactedAt !== null).length).toBeGreaterThan(4);
    expect(await store.history.check({ deep: true })).toEqual([]);
    await store.history.seal({ by });
    expect(await store.history.check({ deep: true })).toEqual([]);
    const detail = await store.items.get({ id: w.item });
    expect([detail.spec.problem, detail.spec.why]).toEqual(["It says [redacted] here", "[redacted]"]);
    expect(detail.questions[0]).toMatchObject({ options: ["[redacted]", "No"], answer: "[redacted]" });
    const search = (words: string) => store.items.list({ filter: { search: words }, page: { limit: 9 } });
    expect((await search("leaked")).items).toEqual([]);
    expect((await search("redacted")).items).toHaveLength(2);
  });

  test("DU51 what only looks like the text where it is escaped stays, and is not counted", async () => {
    await using w = await leaked(kind);
    const { store } = w;
    await store.items.edit({ by, id: w.other, changes: { spec: { why: "One\nTwo" } } });
    await store.items.note({ by, id: w.other, body: "sk-\\n1234" });
    const { item } = await store.items.get({ id: w.other });
    expect(await redact(store, { text: "nTwo" })).toEqual({ entries: 0, archived: 0, texts: 0 });
    expect((await store.items.get({ id: w.other })).item).toEqual(item);
    expect(await redact(store, { text: "sk-\n1234" })).toEqual({ entries: 0, archived: 0, texts: 1 });
    expect((await store.items.get({ id: w.other })).notes.at(-1)?.body).toBe("[redacted]");
  });

  test("DU52 the history says who took how much out and why, and not what; nothing found is nothing said", async () => {
    await using w = await leaked(kind);
    const { store } = w;
    const done = await redact(store, { of: { stream: "item", id: w.item } });
    const last = async () => (await store.history.events({ newestFirst: true, page: { limit: 1 } })).items[0];
    expect(await last()).toMatchObject({
      stream: "workspace",
      operation: "log.redact",
      actor: "human:ada",
      changes: { ref: "OB-1", reason: "A key was pasted", ...done },
    });
    const first = await last();
    const again = await redact(store, { of: { stream: "item", id: w.item } });
    expect(again).toEqual({ entries: 0, archived: 0, texts: 0 });
    expect(await last()).toEqual(first);
    expect((await store.items.get({ id: w.item })).item.version).toBeGreaterThan(3);
  });

  test("of one item it goes with its candidate, of a candidate alone; what belongs to others stays", async () => {
    await using w = await leaked(kind);
    const { store } = w;
    await redact(store, { of: { stream: "candidate", id: w.candidate } });
    expect((await store.gate.get({ id: w.candidate })).spec.problem).toBe("It says [redacted] here");
    expect((await store.items.get({ id: w.item })).spec.problem).toContain(SECRET);
    await redact(store, { of: { stream: "item", id: w.item } });
    expect((await store.items.get({ id: w.item })).spec.problem).toBe("It says [redacted] here");
    expect((await store.items.get({ id: w.other })).spec.problem).toContain(SECRET);
    const { items } = await store.history.events({ newestFirst: false, page: { limit: 200 } });
    const redacted = items.filter(({ redactedAt }) => redactedAt !== null);
    expect(redacted.every(({ stream, streamId }) => stream === "candidate" || streamId === w.item)).toBe(
      true,
    );
  });

  test("what is archived goes too, and a block changes in no other way", async () => {
    await using w = await leaked(kind);
    const { store } = w;
    await fill(w);
    w.advance(40 * DAY_MS);
    await store.history.seal({ by });
    expect((await store.history.archive({ by, olderThanMs: 35 * DAY_MS, dryRun: false })).blocks).toBe(1);
    const done = await redact(store);
    expect(done.archived).toBeGreaterThan(4);
    const { items } = await store.history.events({ newestFirst: false, page: { limit: 200 } });
    expect(JSON.stringify(items)).not.toContain('sk-\\"leaked');
    expect(await store.history.check({ deep: true })).toEqual([]);
    for (const change of [
      "body = 'x'",
      "body = 'x', redactions = redactions + 2",
      "entries = 1, redactions = redactions + 1",
    ])
      expect(await rawSql(w.place, `update event_block set ${change}`).then(() => "", String)).toContain(
        "events are never",
      );
    const to = kind === "sqlite" ? join(w.home, "copy.db") : await freshSchema();
    await copyPlaces({ by, from: w.place, to, onProgress: () => {} });
    const copy = await w.again({ place: to });
    expect(await copy.history.check({ deep: true })).toEqual([]);
  });

  test("DU55 only a person takes a text out, and an entry without it is not taken back", async () => {
    await using w = await leaked(kind);
    const { store } = w;
    expect((await refusal(redact(store, { by: agent() }))).code).toBe("denied");
    const edited = { by, id: w.other, changes: { spec: { why: SECRET } } };
    await store.items.edit(edited);
    await redact(store);
    const undo = store.history.undo({ by, stream: "item", streamId: w.other });
    const { code, message } = await refusal(undo);
    expect(code).toBe("conflict");
    expect(message).toContain("Entry 2 of OB-2 was redacted");
  });
});

/** So many entries that a block of the archive is full. */
async function fill({ place }: TestStore): Promise<void> {
  const numbers = "with recursive g(k) as (select 1 union all select k + 1 from g where k < 1000)";
  const last = "(select max(id) from event)";
  await rawSql(
    place,
    `${numbers} insert into event (stream, stream_id, n, at, actor, auth, door, operation)
      select stream, stream_id, n + k, at, actor, auth, door, operation from event join g on true where id = ${last}`,
  );
  await rawSql(
    place,
    `insert into event_payload (event_id, changes) select e.id, '{}' from event e where e.id > (select max(event_id) from event_payload)`,
  );
  await rawSql(place, `update item set event_n = event_n + 1000 where id = (select max(id) from item)`);
}
