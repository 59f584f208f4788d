import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import fc from "fast-check";
import { sql } from "kysely";
import { ITEM_STATES, isClosed, TRANSITIONS, type ItemState } from "#domain/item/lifecycle.ts";
import { replayItem, type ToldChange } from "#domain/item/replay.ts";
import { FOLLOWED } from "#store/item/item-row.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { Database, StoreDialect } from "#store/dialect.ts";
import { openDatabase } from "#store/open-store.ts";
import { agent, human, openTestStore, STORE_KINDS, type StoreKind, type TestStore } from "#test/stores.ts";

setDefaultTimeout(60_000);

/** A workspace with three items, one of them blocked by another, one claimed and released. */
async function lived(kind: StoreKind): Promise<TestStore & AsyncDisposable> {
  const workspace = await openTestStore(kind);
  const { store } = workspace;
  const by = human();
  const { id: projectId } = await store.projects.add({ by, alias: "app", name: "App" });
  const add = (title: string, more: object = {}) =>
    store.items.add({ by, item: { projectId, title, spec: EMPTY_SPEC, lane: "autonomous_safe", ...more } });
  await add("First");
  await add("Second", { blockedBy: [1] });
  await add("Third", { parentId: 2 });
  const { lease } = await store.claims.item({ by: agent(), id: 1, ttlMs: 60_000, runner: {} });
  await store.claims.release({ by: agent("robot", lease.id), leaseId: lease.id, note: "Later" });
  await store.items.drop({ by, id: 3, reason: "No" });
  return { ...workspace, [Symbol.asyncDispose]: workspace.close };
}

/** Changes the database as no program of ours would. */
async function tamper(
  place: string,
  change: (db: Database, dialect: StoreDialect) => Promise<unknown>,
): Promise<void> {
  const { db, dialect } = await openDatabase({ place });
  await change(db, dialect);
  await db.destroy();
  await dialect.close();
}

describe.each([...STORE_KINDS])("%s", (kind) => {
  const messages = async ({ store }: TestStore, deep: boolean) =>
    (await store.history.check({ deep })).map(({ message }) => message);

  test("DU24 the first entry that cannot have happened is named", async () => {
    await using workspace = await lived(kind);
    expect(await messages(workspace, true)).toEqual([]);
    const { items } = await workspace.store.history.events({ newestFirst: false, page: { limit: 100 } });
    const claim = items.find(({ operation }) => operation === "claim");
    const changes = JSON.stringify({ ...claim?.changes, fence: [0, 0] });
    await tamper(workspace.place, (db) =>
      db
        .updateTable("event_payload")
        .set({ changes })
        .where("event_id", "=", claim?.id ?? 0)
        .execute(),
    );
    expect(await messages(workspace, false)).toEqual([]);
    const [found, ...others] = await messages(workspace, true);
    expect(found).toBe(
      `OB-1: entry ${claim?.n} of its history (claim) changes the fence from 0 to 0, which may only grow`,
    );
    expect(others).toEqual([]);
  });

  test("DU24 an item that is not what its history says is found", async () => {
    await using workspace = await lived(kind);
    await tamper(workspace.place, (db) =>
      db.updateTable("item").set({ attempts: 2 }).where("id", "=", 1).execute(),
    );
    expect(await messages(workspace, true)).toEqual(["OB-1: attempts is 2, its history ends with 0"]);
  });

  test("DU28 what is sealed is sealed once, each history as a chain", async () => {
    await using workspace = await lived(kind);
    const { store } = workspace;
    const by = human();
    const { items } = await store.history.events({ newestFirst: false, page: { limit: 100 } });
    const first = await store.history.seal({ by });
    expect([first.added, first.streams]).toEqual([items.length, 4]);
    expect(await store.history.seal({ by })).toEqual({ ...first, added: 0 });
    await store.items.note({ by, id: 1, body: "More" });
    const second = await store.history.seal({ by });
    expect([second.added, second.streams, second.id]).toEqual([1, 4, first.id + 1]);
    expect(second.root).not.toBe(first.root);
    expect(await messages(workspace, true)).toEqual([]);
  });

  test("DU29 an entry that was changed after it was sealed is named, and no other of its history", async () => {
    await using workspace = await lived(kind);
    const { store } = workspace;
    await store.history.seal({ by: human() });
    const { items } = await store.history.events({ newestFirst: false, page: { limit: 100 } });
    const note = items.find(({ operation, streamId }) => operation === "release" && streamId === 1);
    const changes = JSON.stringify({ ...note?.changes, reason: "Forged" });
    await tamper(workspace.place, (db) =>
      db
        .updateTable("event_payload")
        .set({ changes })
        .where("event_id", "=", note?.id ?? 0)
        .execute(),
    );
    expect(await messages(workspace, true)).toEqual([
      `OB-1: entry ${note?.n} of its history (release) was changed after it was sealed`,
    ]);
  });

  test("DU29 seals that were changed do not lead to the root", async () => {
    await using workspace = await lived(kind);
    await workspace.store.history.seal({ by: human() });
    await tamper(workspace.place, (db) =>
      db
        .updateTable("seal")
        .set({ root: "0".repeat(64) })
        .execute(),
    );
    expect((await workspace.store.history.check({ deep: true })).map(({ check }) => check)).toEqual([
      "history.seal",
    ]);
  });

  test("an entry that is marked as taken out, by nobody, is a finding", async () => {
    await using workspace = await lived(kind);
    const { store } = workspace;
    await store.history.seal({ by: human() });
    const [last] = (await store.history.events({ newestFirst: true, page: { limit: 1 } })).items;
    await tamper(workspace.place, (db) =>
      db
        .updateTable("event_payload")
        .set({ changes: "{}", redacted_at: 5 })
        .where("event_id", "=", last?.id ?? 0)
        .execute(),
    );
    await store.items.note({ by: human(), id: 1, body: "More" });
    await store.history.seal({ by: human() });
    const [found, ...others] = await store.history.check({ deep: true });
    expect(found).toMatchObject({ severity: "error", check: "history.redacted" });
    expect(others).toEqual([]);
  });

  test("DU58 a count that is wrong is found by the deep check, and put right", async () => {
    await using workspace = await lived(kind);
    const { store } = workspace;
    const { ready, blocked } = await store.claims.summary({});
    await tamper(workspace.place, (db, { table }) =>
      sql`update ${table("tally_change")} set n = n + 3 where what = 'standing' and q = 1 and n > 0`.execute(
        db,
      ),
    );
    expect((await store.claims.summary({})).ready).toBeGreaterThan(ready);
    expect((await store.history.check({ deep: true })).map(({ check }) => check)).toEqual(["derived.tally"]);
    await store.history.repair({ by: human(), apply: true });
    expect(await store.history.check({ deep: true })).toEqual([]);
    expect(await store.claims.summary({})).toMatchObject({ ready, blocked });
  });

  test("DU58 so is one of all projects together", async () => {
    await using workspace = await lived(kind);
    const { store } = workspace;
    const { inReview } = await store.claims.summary({});
    await tamper(workspace.place, (db, { table }) =>
      sql`insert into ${table("tally_total")} (what, hour, lane, state, phase, q, person, n)
        values ('standing', 0, 'autonomous_safe', 'review', 'human', 0, 0, 5)`.execute(db),
    );
    expect((await store.claims.summary({})).inReview).toBe(inReview + 5);
    expect((await store.history.check({ deep: true })).map(({ check }) => check)).toEqual(["derived.tally"]);
    await store.history.repair({ by: human(), apply: true });
    expect(await store.history.check({ deep: true })).toEqual([]);
    expect((await store.claims.summary({})).inReview).toBe(inReview);
  });

  test("DU26 what follows from other columns is put right, and only when asked to", async () => {
    await using workspace = await lived(kind);
    const { store } = workspace;
    await tamper(workspace.place, async (db) => {
      await db.updateTable("item").set({ open_blockers: 0, q: 1 }).where("id", "=", 2).execute();
      await db.updateTable("item").set({ deadline: 5, open_children: 7 }).where("id", "=", 1).execute();
      await db.deleteFrom("queue").execute();
    });
    const found = (await store.history.check({ deep: true })).map(({ check }) => check);
    expect(new Set(found)).toEqual(
      new Set([
        "derived.queue",
        "derived.deadline",
        "derived.blockers",
        "derived.children",
        "derived.unqueued",
      ]),
    );
    const said = await store.history.repair({ by: human(), apply: false });
    expect(said.map(({ check }) => check).toSorted()).toEqual(found.toSorted());
    expect((await store.history.check({ deep: true })).length).toBe(found.length);
    expect(await store.history.repair({ by: human(), apply: true })).toEqual(said);
    expect(await messages(workspace, true)).toEqual([]);
    const [last] = (await store.history.events({ newestFirst: true, page: { limit: 1 } })).items;
    expect(last).toMatchObject({ operation: "doctor.fix", stream: "workspace", actor: "human:ada" });
    expect(await store.history.repair({ by: human(), apply: true })).toEqual([]);
    const next = { by: agent(), filter: {}, ttlMs: 60_000, runner: {} };
    expect([(await store.claims.next(next))?.item.id, await store.claims.next(next)]).toEqual([1, undefined]);
  });
});

/** A life through the table: the states it passes, as entries of a history. */
const life = fc.array(fc.nat(), { maxLength: 30 }).map((choices) => {
  const entries: ToldChange[] = [{ n: 1, operation: "add", changes: { title: "T", lane: "l" } }];
  let state: ItemState = "open";
  for (const choice of choices) {
    const leads: readonly ItemState[] = Object.values(TRANSITIONS[state]);
    const to: ItemState = leads[choice % leads.length] ?? state;
    const closing =
      isClosed(to) === isClosed(state) ? {} : { closed_at: isClosed(to) ? [null, 5] : [5, null] };
    entries.push({
      n: entries.length + 1,
      operation: "some",
      changes: to === state ? {} : { state: [state, to], ...closing },
    });
    state = to;
  }
  return entries;
});

test("a legal life is followed, and one in which an entry was changed is not", () => {
  fc.assert(
    fc.property(life, fc.nat(), fc.constantFrom(...ITEM_STATES), (entries, at, other) => {
      expect(replayItem(FOLLOWED, entries).kind).toBe("followed");
      const moves = entries.filter(({ changes }) => changes !== undefined && "state" in changes);
      const picked = moves[at % Math.max(1, moves.length)];
      const state = picked?.changes?.["state"];
      if (picked === undefined || !Array.isArray(state) || state[0] === other) return;
      const changed = entries.map((entry) =>
        entry === picked ? { ...entry, changes: { ...entry.changes, state: [other, state[1]] } } : entry,
      );
      expect(replayItem(FOLLOWED, changed)).toMatchObject({ kind: "broken", n: picked.n });
    }),
  );
});

test("doctor ends with 1 where it finds an error", async () => {
  await using workspace = await lived("sqlite");
  const { place, home } = workspace;
  const doctor = async () =>
    await Bun.spawn({
      cmd: [process.execPath, join(import.meta.dir, "../../src/main.ts"), "doctor", "--deep", "-w", place],
      env: { HOME: home },
      cwd: home,
      stdout: "ignore",
    }).exited;
  expect(await doctor()).toBe(0);
  await tamper(place, (db) => db.updateTable("item").set({ deadline: 5 }).where("id", "=", 1).execute());
  expect(await doctor()).toBe(1);
});
