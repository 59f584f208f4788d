import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { backUpPlace } from "#store/backup/back-up-place.ts";
import { restoreBackup } from "#store/backup/restore-backup.ts";
import { openStore } from "#store/open-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { whileLocked } from "#test/raw-sql.ts";
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

setDefaultTimeout(60_000);

const TTL_MS = 900_000;
const HELD_MS = 300_000;

/** A workspace with two items, of which an agent has held one for five minutes. */
async function furnished(kind: StoreKind = "sqlite"): Promise<TestStore & { leaseId: string }> {
  let offset = -HELD_MS;
  const workspace = await openTestStore(kind, { clockOffsetMs: () => offset });
  const { store } = workspace;
  const by = human();
  const { id: projectId } = await store.projects.add({ by, alias: "app", name: "App" });
  const add = (title: string) =>
    store.items.add({ by, item: { projectId, title, spec: EMPTY_SPEC, lane: "autonomous_safe" } });
  const { id } = (await add("First")).item;
  await add("Second");
  const { lease } = await store.claims.item({ by: agent(), id, ttlMs: TTL_MS, runner: {} });
  offset = 0;
  return { ...workspace, leaseId: lease.id };
}

async function historyOf(store: Store): Promise<readonly string[]> {
  const entries: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await store.history.events({
      newestFirst: false,
      page: { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) },
    });
    entries.push(...page.items.map((event) => JSON.stringify(event)));
    if (page.next === null) return entries;
    cursor = page.next;
  }
}

const restore = (from: string, to: string) => restoreBackup({ by: human(), from, to, onProgress: () => {} });

const placeFor = async (kind: StoreKind, home: string) =>
  kind === "sqlite" ? join(home, "restored.db") : await freshSchema();

describe.each([...STORE_KINDS])("%s", (kind) => {
  test("DU15 a backup under a writer holds the workspace as of one moment, and restores", async () => {
    const workspace = await furnished(kind);
    const { store, place, home } = workspace;
    const before = (await historyOf(store)).length;
    const writer = Bun.spawn({
      cmd: [process.execPath, join(import.meta.dir, "writing-program.ts"), JSON.stringify({ place, id: 2 })],
      stdout: "pipe",
    });
    await writer.stdout.getReader().read();
    const made = await backUpPlace({ place, to: join(home, "backup.db") });
    expect(writer.exitCode).toBe(null);
    writer.kill("SIGKILL");
    await writer.exited;
    expect(made.events).toBeGreaterThan(before);
    expect(made.findings).toBe(0);
    const restored = await restore(made.path, join(home, "again.db"));
    expect(restored).toMatchObject({ events: made.events, sha256: made.sha256, findings: [] });
    const whole = await historyOf(store);
    const after = await historyOf(await workspace.again({ place: join(home, "again.db") }));
    const ids = new Set(after.slice(0, made.events));
    expect(whole.filter((entry) => ids.has(entry))).toEqual(after.slice(0, made.events));
    expect(whole.length).toBeGreaterThanOrEqual(made.events);
    await workspace.close();
  });

  test("DU18 what is restored holds each row, and its history says so", async () => {
    await using bench = await restoredFrom(kind);
    const { source, store, made } = bench;
    const after = await historyOf(store);
    expect(after.slice(0, made.events)).toEqual([...(await historyOf(source.store))]);
    expect(JSON.parse(after.at(-1) ?? "")).toMatchObject({
      stream: "workspace",
      operation: "restore",
      actor: "human:ada",
      changes: { restored: { events: made.events, sha256: made.sha256 } },
    });
    for (const id of [1, 2])
      expect((await store.items.get({ id })).spec).toEqual((await source.store.items.get({ id })).spec);
    expect(await store.history.check({ deep: true })).toEqual([]);
  });

  test("DU19 no lease of the backup is valid, and no kept answer gives one", async () => {
    await using bench = await restoredFrom(kind);
    const { source, store } = bench;
    const { leaseId } = source;
    const by = agent("robot", leaseId);
    const finish = store.claims.finish({ by, leaseId, outcome: "changed", evidence: [] });
    expect((await refusal(finish)).code).toBe("lease_lost");
    expect((await store.runs.get({ id: 1 })).outcome).toBe("interrupted");
    expect([await once(store, "claim", "new"), await once(store, "note", "new")]).toEqual(["new", "first"]);
  });

  test("what is new leaves a gap of 100 numbers", async () => {
    await using bench = await restoredFrom(kind);
    const { store } = bench;
    const item = { projectId: 1, title: "New", spec: EMPTY_SPEC };
    expect((await store.items.add({ by: human(), item })).item.id).toBe(103);
    const claim = await store.claims.item({ by: human(), id: 1, ttlMs: TTL_MS, runner: {} });
    expect(claim.runId).toBe(102);
    const proposal = { ...item, wishes: {}, source: "test", fingerprint: "f" };
    expect((await store.gate.propose({ by: agent(), proposal })).candidate.id).toBe(101);
  });
});

const once = (on: Store, operation: string, answer: string) =>
  on.once({ by: human(), key: operation, operation, inputHash: "x", work: async () => answer });

/** A furnished workspace and what was restored from its backup, on a database of `kind`. */
async function restoredFrom(kind: StoreKind) {
  const source = await furnished();
  for (const operation of ["claim", "note"]) await once(source.store, operation, "first");
  const made = await backUpPlace({ place: source.place, to: join(source.home, "backup.db") });
  const place = await placeFor(kind, source.home);
  await restore(made.path, place);
  const store = await openStore({ place });
  return {
    source,
    made,
    store,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await source.close();
    },
  };
}

test("DU16 a backup replaces nothing", async () => {
  const workspace = await furnished();
  const { place, home } = workspace;
  const to = join(home, "taken.db");
  writeFileSync(to, "mine");
  expect((await refusal(backUpPlace({ place, to }))).code).toBe("conflict");
  expect(readFileSync(to, "utf8")).toBe("mine");
  expect((await refusal(backUpPlace({ place, to: join(home, "no", "b.db") }))).code).toBe("not_found");
  expect((await refusal(backUpPlace({ place, to: join(home, "b.db"), keep: 1 }))).code).toBe("invalid");
  await workspace.close();
});

test("only the owner reads a backup, and what a killed one left goes with the next", async () => {
  const workspace = await furnished();
  const { place, home } = workspace;
  const folder = join(home, "backups");
  mkdirSync(folder);
  const [stale, live, other] = ["b.db.17.part", "c.db.17.part.rows-wal", "mine.part"].map((name) =>
    join(folder, name),
  );
  for (const path of [stale, live, other]) writeFileSync(path ?? "", "rows");
  for (const path of [stale, other]) utimesSync(path ?? "", 1_000_000, 1_000_000);
  const { path } = await backUpPlace({ place, to: join(folder, "a.db") });
  expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  expect(readdirSync(folder).toSorted()).toEqual(["a.db", "c.db.17.part.rows-wal", "mine.part"]);
  await workspace.close();
});

test("a backup that is killed leaves nothing under its name, and the next takes it", async () => {
  const workspace = await furnished("postgres");
  const { place, home } = workspace;
  const to = join(home, "b.db");
  await whileLocked(place, "lock table event_block in access exclusive mode", async (waiting) => {
    const main = join(import.meta.dir, "../../src/main.ts");
    const program = Bun.spawn({
      cmd: [process.execPath, main, "backup", to, "-w", place, "--as", "human:ada"],
      env: { HOME: home },
      stdout: "ignore",
      stderr: "ignore",
    });
    while ((await waiting()) === 0);
    program.kill("SIGKILL");
    await program.exited;
  });
  const left = readdirSync(home).filter((name) => name.startsWith("b.db"));
  expect([left.includes("b.db"), left.length > 0]).toEqual([false, true]);
  for (const name of left) expect((statSync(join(home, name)).mode & 0o777).toString(8)).toBe("600");
  expect((await backUpPlace({ place, to })).path).toBe(to);
  await workspace.close();
});

test("DU17 the oldest backups of this workspace go, those of others stay", async () => {
  const [one, two] = [await furnished(), await furnished()];
  const folder = join(one.home, "backups");
  mkdirSync(folder);
  writeFileSync(join(folder, "OB-20010101T000000000Z.db"), "not one");
  const other = await backUpPlace({ place: two.place, to: folder });
  const others = join(folder, "OB-20020101T000000000Z.db");
  writeFileSync(others, readFileSync(other.path));
  const kept = (name: string) => join(folder, `OB-2003010${name}T000000000Z.db`);
  await backUpPlace({ place: one.place, to: join(one.home, "b.db") });
  for (const name of ["1", "2", "3"]) writeFileSync(kept(name), readFileSync(join(one.home, "b.db")));
  rmSync(other.path);
  const made = await backUpPlace({ place: one.place, to: folder, keep: 2 });
  expect(made.removed).toEqual([kept("2"), kept("1")]);
  expect(readdirSync(folder).toSorted()).toEqual(
    [
      "OB-20010101T000000000Z.db",
      "OB-20020101T000000000Z.db",
      "OB-20030103T000000000Z.db",
      basename(made.path),
    ].toSorted(),
  );
  await one.close();
  await two.close();
});

test("DU21 nothing is restored over something, and from what is no whole backup", async () => {
  const workspace = await furnished();
  const { place, home, store } = workspace;
  const { path } = await backUpPlace({ place, to: join(home, "backup.db") });
  const before = await historyOf(store);
  expect((await refusal(restore(path, place))).code).toBe("conflict");
  expect(await historyOf(store)).toEqual(before);
  const bad = join(home, "bad.db");
  writeFileSync(bad, "no database at all, only words");
  expect((await refusal(restore(bad, join(home, "x.db")))).code).toBe("invalid");
  const bytes = readFileSync(path);
  writeFileSync(bad, bytes.subarray(0, bytes.length - 8_192));
  expect((await refusal(restore(bad, join(home, "x.db")))).code).toBe("invalid");
  expect((await refusal(restore(join(home, "none.db"), join(home, "x.db")))).code).toBe("not_found");
  expect(existsSync(join(home, "x.db"))).toBe(false);
  await workspace.close();
});

test("a backup of a damaged workspace is refused and leaves no file", async () => {
  const workspace = await furnished();
  const { home } = workspace;
  const { path } = await backUpPlace({ place: workspace.place, to: join(home, "whole.db") });
  const place = join(home, "damaged.db");
  writeFileSync(place, readFileSync(path));
  const pages = readFileSync(path).length / 4_096;
  const handle = openSync(place, "r+");
  for (let page = 20; page < pages; page += 3) writeSync(handle, Buffer.alloc(64, 0xff), 0, 64, page * 4_096);
  const refused = await refusal(backUpPlace({ place, to: join(home, "b.db") }));
  expect(refused.code).toBe("invalid");
  expect(readdirSync(home).filter((name) => name.startsWith("b.db"))).toEqual([]);
  await workspace.close();
});

test("DU23 an agent neither backs up nor restores", async () => {
  const workspace = await furnished();
  const { home, place } = workspace;
  for (const words of [
    ["backup", join(home, "b.db"), "-w", place],
    ["restore", join(home, "b.db"), "--to", join(home, "r.db")],
  ]) {
    const program = Bun.spawn({
      cmd: [process.execPath, join(import.meta.dir, "../../src/main.ts"), ...words, "--as", "ai:robot"],
      env: { HOME: home },
      cwd: home,
      stdout: "ignore",
      stderr: "ignore",
    });
    expect(await program.exited).toBe(6);
  }
  await workspace.close();
});
