import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { HistoryEvent } from "#operations/ports/store/history-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { copyPlaces, openStore } from "#store/open-store.ts";
import { rawSql } from "#test/raw-sql.ts";
import { refusal } from "#test/refusal.ts";
import {
  freshSchema,
  human,
  openTestStore,
  STORE_KINDS,
  type StoreKind,
  type TestStore,
} from "#test/stores.ts";

setDefaultTimeout(60_000);

const DAY_MS = 86_400_000;
const BLOCK = 1_000;
const by = human();

/** A workspace with one item that was edited, and noted on until two blocks are full and a third is begun; all of it 40 days old. */
async function aged(
  kind: StoreKind,
): Promise<TestStore & { readonly itemId: number; readonly [Symbol.asyncDispose]: () => Promise<void> }> {
  const workspace = await openTestStore(kind);
  const { store } = workspace;
  const { id: projectId } = await store.projects.add({ by, alias: "app", name: "App" });
  const { item } = await store.items.add({ by, item: { projectId, title: "One", spec: EMPTY_SPEC } });
  await store.items.edit({ by, id: item.id, changes: { title: "Two" } });
  await store.items.note({ by, id: item.id, body: "Looked" });
  await noteOften(workspace.place, 2 * BLOCK + 50);
  workspace.advance(40 * DAY_MS);
  return { ...workspace, itemId: item.id, [Symbol.asyncDispose]: workspace.close };
}

/** The last entry so many times more: what thousands of calls would write. */
async function noteOften(place: string, times: number): Promise<void> {
  const numbers = `with recursive g(k) as (select 1 union all select k + 1 from g where k < ${times})`;
  const last = "(select max(id) from event)";
  await rawSql(
    place,
    `${numbers} insert into event (stream, stream_id, n, at, actor, auth, door, operation)
      select stream, stream_id, n + k, at, actor, auth, door, operation from event join g on true where id = ${last}`,
  );
  await rawSql(
    place,
    `insert into event_payload (event_id, changes) select e.id, p.changes from event e
      join event_payload p on p.event_id = (select max(event_id) from event_payload) where e.id > p.event_id`,
  );
  await rawSql(place, `update item set event_n = event_n + ${times}`);
}

async function historyOf(store: Store): Promise<readonly HistoryEvent[]> {
  const all: HistoryEvent[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await store.history.events({
      newestFirst: false,
      page: { limit: 700, ...(cursor === undefined ? {} : { cursor }) },
    });
    all.push(...page.items);
    if (page.next === null) return all;
    cursor = page.next;
  }
}

const archive = (store: Store, more: { readonly days?: number; readonly dryRun?: boolean } = {}) =>
  store.history.archive({ by, olderThanMs: (more.days ?? 35) * DAY_MS, dryRun: more.dryRun ?? false });

describe.each(STORE_KINDS)("%s", (kind) => {
  test("DU36 everything that reads the history reads what is archived", async () => {
    await using w = await aged(kind);
    const before = await historyOf(w.store);
    await w.store.history.seal({ by });
    const done = await archive(w.store);
    expect(done).toMatchObject({ entries: 2 * BLOCK, blocks: 2 });
    expect(done.compressedBytes).toBeLessThan(done.bytes / 2);
    expect(await historyOf(w.store)).toEqual(before);
    expect(await w.store.history.check({ deep: true })).toEqual([]);
    const edit = { by, id: w.itemId, ifVersion: 1, changes: { title: "Three" } };
    expect(await refusal(w.store.items.edit(edit))).toMatchObject({ code: "conflict" });
    expect(await archive(w.store)).toMatchObject({ entries: 0, blocks: 0 });
    await w.store.history.seal({ by });
    expect(await w.store.history.check({ deep: true })).toEqual([]);
  });

  test("what is young, or fills no block, stays", async () => {
    await using w = await aged(kind);
    expect(await refusal(archive(w.store, { days: 29 }))).toMatchObject({
      code: "invalid",
      details: { field: "before" },
    });
    expect(await archive(w.store, { days: 41 })).toMatchObject({ entries: 0 });
    expect(await archive(w.store, { dryRun: true })).toMatchObject({ entries: 2 * BLOCK, blocks: 2 });
    expect(await archive(w.store)).toMatchObject({ entries: 2 * BLOCK, blocks: 2 });
  });

  test("nothing that an entry changed leaves before a block has it, and no block leaves", async () => {
    await using w = await aged(kind);
    const lose = (statement: string) => rawSql(w.place, statement).then(() => "", String);
    const first = "delete from event_payload where event_id = 5";
    expect(await lose(first)).toContain("events are never");
    await archive(w.store);
    expect(await lose(first)).toBe("");
    const last = "delete from event_payload where event_id = (select max(event_id) from event_payload)";
    for (const statement of [last, "delete from event_block", "update event_block set entries = 1"])
      expect(await lose(statement)).toContain("events are never");
    expect(await historyOf(w.store)).toHaveLength(2 * BLOCK + 54);
  });

  test("DU39 a damaged block is named", async () => {
    await using w = await aged(kind);
    await archive(w.store);
    await rawSql(w.place, `drop trigger event_block_is_final${kind === "postgres" ? " on event_block" : ""}`);
    await rawSql(w.place, "update event_block set sha256 = 'other' where first_id = 1");
    const [found, ...more] = await w.store.history.check({ deep: true });
    expect(more).toEqual([]);
    expect(found).toMatchObject({ severity: "error", check: "history.archive" });
    expect(found?.message).toContain("Entries 1 to 1000 of the archive are damaged");
  });

  test("a copy has the archive too", async () => {
    await using w = await aged(kind);
    await archive(w.store);
    const before = await historyOf(w.store);
    const to = kind === "sqlite" ? await freshSchema() : join(w.home, "copy.db");
    await copyPlaces({ by, from: w.place, to, onProgress: () => {} });
    const copy = await openStore({ place: to });
    try {
      expect((await historyOf(copy)).slice(0, before.length)).toEqual([...before]);
      expect(await copy.history.check({ deep: true })).toEqual([]);
    } finally {
      await copy.close();
    }
  });
});
