import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { MAX_BODY_BYTES } from "#domain/text/bounded-text.ts";
import { MAX_PAGE } from "#operations/ports/store/page.ts";
import { openStore } from "#store/open-store.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, openTestStore } from "#test/stores.ts";
import { eachStore, LANE } from "./each-store.ts";
import { rawSql } from "#test/raw-sql.ts";

const by = human();
const NASTY = [
  "'; DROP TABLE item; --",
  '"; DROP TABLE "item"; --',
  "$1 ?1 :name @name %s \\ \\0 {{x}} ${x}",
  "👩‍👩‍👧‍👦 עברית العربية 日本 \u200d",
  "<script>alert(1)</script>",
  "-".repeat(500),
];

eachStore((bench) => {
  test("ST34 what is done together is written together, or not at all", async () => {
    const { store } = bench;
    const { id } = await bench.add();
    const both = (second: number) =>
      store.transaction(async (own) => {
        await own.items.note({ by, id, body: "First" });
        await own.items.note({ by, id: second, body: "Second" });
        return (await own.items.get({ id })).notes.length;
      });
    expect((await refusal(both(999_999))).code).toBe("not_found");
    expect((await bench.get(id)).notes).toEqual([]);
    expect(await both(id)).toBe(2);
    expect((await bench.get(id)).notes.map(({ body }) => body)).toEqual(["First", "Second"]);
  });

  test.each(NASTY)("ST1 a text is kept as it is, whatever it looks like: %p", async (text) => {
    const trigger = { text, conditions: [], hold: false };
    const spec = { ...EMPTY_SPEC, problem: text, risks: [text], trigger };
    const { id, title } = await bench.add({ title: text, spec, labels: [text.slice(0, 64)] });
    expect(title).toBe(text);
    await bench.store.items.note({ by, id, body: text });
    await bench.store.items.setPlan({ by, id, body: text });
    const detail = await bench.get(id);
    expect([detail.spec.problem, detail.spec.risks, detail.spec.trigger?.text]).toEqual([text, [text], text]);
    expect([detail.notes.at(-1)?.body, detail.plan?.body, detail.item.labels]).toEqual([
      text,
      text,
      [text.slice(0, 64)],
    ]);
    const { items } = await bench.store.items.list({
      filter: { label: text.slice(0, 64) },
      page: { limit: 5 },
    });
    expect(items.map((item) => item.id)).toEqual([id]);
  });

  test("a body of exactly 1 MiB is kept whole", async () => {
    const body = "é".repeat(MAX_BODY_BYTES / 2);
    const { id } = await bench.add({ spec: { ...EMPTY_SPEC, body } });
    expect((await bench.get(id)).spec.body).toBe(body);
  });

  test("ST3 a ref is read in any letter case; unknown ones are not_found with near ones; wrong ones invalid", async () => {
    const { id } = await bench.add();
    const { items } = bench.store;
    expect(await items.resolve({ ref: `ob-${id}` })).toBe(id);
    const missing = await refusal(items.resolve({ ref: `OB-${id + 100_000}` }));
    expect([missing.code, missing.hint?.includes(`OB-${id}`)]).toEqual(["not_found", true]);
    expect((await refusal(items.resolve({ ref: `XX-${id}` }))).code).toBe("not_found");
    expect((await refusal(items.resolve({ ref: `OB-${Number.MAX_SAFE_INTEGER}` }))).code).toBe("not_found");
    for (const ref of [
      "OB-9007199254740992",
      "OB-99999999999999999999",
      "OB-0",
      "OB-01",
      "OB-1e3",
      "OB--1",
      "OB 1",
      "",
      "C-1",
      "R-1",
      "OB-1; drop",
    ])
      expect(`${ref} ${(await refusal(items.resolve({ ref }))).code}`).toBe(`${ref} invalid`);
  });

  test("ST4 a changed prefix keeps the former refs for ever, and C and R are refused", async () => {
    const { id } = await bench.add();
    const { projects, items } = bench.store;
    const set = (value: string) => projects.setSetting({ by, key: "prefix", value });
    for (const prefix of ["APP", "WEB", "OB"]) {
      expect((await set(prefix)).prefix).toBe(prefix);
      expect(await items.resolve({ ref: `${prefix}-${id}` })).toBe(id);
      expect(await items.resolve({ ref: `OB-${id}` })).toBe(id);
    }
    expect(await items.resolve({ ref: `app-${id}` })).toBe(id);
    for (const wrong of ["C", "r", "", "1A", "TOOLONGPREFIX", "A-B"])
      expect((await refusal(set(wrong))).code).toBe("invalid");
  });

  test("ST5 a number is never given twice", async () => {
    const ids = [];
    for (let n = 0; n < 3; n += 1) {
      const { id } = await bench.add();
      ids.push(id);
      await bench.store.items.drop({ by, id, reason: "Sold" });
      await bench.store.items
        .add({ by, item: { projectId: 0, title: "No project", spec: EMPTY_SPEC } })
        .catch(() => {});
    }
    expect(new Set(ids).size).toBe(3);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  });

  test("ST6 lists page by cursor, newest first, without gaps when rows are added meanwhile", async () => {
    const { id: projectId } = await bench.project();
    const ids: number[] = [];
    for (let n = 0; n < 7; n += 1) ids.push((await bench.add({ projectId })).id);
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await bench.store.items.list({ filter: { projectId }, page: { limit: 3, cursor } });
      seen.push(...page.items.map((item) => item.id));
      cursor = page.next ?? undefined;
      await bench.add({ projectId });
    } while (cursor !== undefined);
    expect(seen).toEqual(ids.toReversed());
    for (const limit of [0, MAX_PAGE + 1, 1.5, -1])
      expect((await refusal(bench.store.items.list({ filter: {}, page: { limit } }))).code).toBe("invalid");
    for (const wrong of ["nonsense", "bnVsbA", "e30"])
      expect(
        (await refusal(bench.store.items.list({ filter: {}, page: { limit: 1, cursor: wrong } }))).code,
      ).toBe("invalid");
  });

  test("settings are a person's, checked, and have defaults", async () => {
    const { projects } = bench.store;
    expect(await projects.settings()).toMatchObject({ prefix: "OB", authority: "open" });
    expect(
      (await refusal(projects.setSetting({ by: agent(), key: "authority", value: "strict" }))).code,
    ).toBe("denied");
    expect((await refusal(projects.setSetting({ by, key: "authority", value: "lax" }))).code).toBe("invalid");
    expect((await projects.setSetting({ by, key: "authority", value: "strict" })).authority).toBe("strict");
    expect((await projects.setSetting({ by, key: "authority", value: "open" })).authority).toBe("open");
  });

  test("ST8 a set of lanes has one triage lane and an agents' lane, and keeps those with items", async () => {
    const { projects } = bench.store;
    const lanes = await projects.lanes();
    expect(lanes.map(({ name }) => name)).toEqual(Object.values(LANE));
    await bench.add({ lane: LANE.manual });
    const set = (changed: typeof lanes) => projects.setLanes({ by, change: () => changed });
    const without = (role: string) => lanes.filter((lane) => lane.role !== role);
    for (const wrong of [without("triage"), without("agent"), [...lanes, ...lanes]])
      expect((await refusal(set(wrong))).code).toBe("invalid");
    expect((await refusal(set(without("manual")))).code).toBe("conflict");
    expect((await refusal(projects.setLanes({ by: agent(), change: () => lanes }))).code).toBe("denied");
    expect(await projects.lanes()).toEqual(lanes);
    const more = [...lanes, { name: "fast", order: 6, role: "agent" } as const];
    expect(await set(more)).toEqual(more);
  });

  test("an alias is given once; a project that is not there is named with those that are", async () => {
    const { alias } = await bench.project();
    const { projects } = bench.store;
    expect((await refusal(projects.add({ by, alias, name: "Twice" }))).code).toBe("conflict");
    const missing = await refusal(projects.get({ alias: "nowhere" }));
    expect([missing.code, missing.hint?.includes(alias)]).toEqual(["not_found", true]);
    for (const weight of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect((await refusal(projects.add({ by, alias: "w", name: "W", weight }))).code).toBe("invalid");
    expect((await refusal(projects.add({ by: agent(), alias: "mine", name: "Mine" }))).code).toBe("denied");
  });

  test("who opens a workspace again sees all of it", async () => {
    const { id } = await bench.add();
    const other = await bench.test.again();
    expect(await other.items.get({ id })).toEqual(await bench.get(id));
  });
});

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "sluice-open-"));
  cleanups.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

for (const kind of ["sqlite", "postgres"] as const)
  describe(kind, () => {
    test("ST20 two first openers at once make one workspace", async () => {
      const place = await freshPlace(kind);
      const opened = await Promise.all([1, 2, 3].map(() => openStore({ place, create: true })));
      cleanups.push(async () => {
        for (const store of opened) await store.close();
      });
      const [first, second] = opened;
      const project = await first?.projects.add({ by, alias: "app", name: "App" });
      expect(await second?.projects.get({ alias: "app" })).toEqual(project);
      expect(await second?.projects.lanes()).toHaveLength(5);
      expect(await second?.history.check({ deep: true })).toEqual([]);
    });

    test("ST21 a workspace that is not there is not_found, and is not made by looking", async () => {
      const place = await freshPlace(kind);
      for (let n = 0; n < 2; n += 1) expect((await refusal(openStore({ place }))).code).toBe("not_found");
      if (kind === "sqlite") expect(existsSync(place)).toBe(false);
    });

    test("a workspace of a newer program is refused and left as it is", async () => {
      const place = await freshPlace(kind);
      await (await openStore({ place, create: true })).close();
      await rawSql(
        place,
        kind === "sqlite" ? "pragma user_version = 99" : "insert into migration(number) values (99)",
      );
      for (const create of [true, false]) {
        const refused = await refusal(openStore({ place, create }));
        expect([refused.code, refused.details["schema"]]).toEqual(["invalid", 99]);
        expect(refused.message).toContain("newer");
      }
    });
  });

/** A place of a kind where nothing is yet. */
async function freshPlace(kind: "sqlite" | "postgres"): Promise<string> {
  if (kind === "sqlite") return join(folder(), "workspace.db");
  const opened = await openTestStore("postgres");
  cleanups.push(() => opened.close());
  return `${opened.place}_x`;
}

describe("sqlite", () => {
  test("ST23 a file that is no workspace, or damaged, is refused and left byte by byte as it is", async () => {
    const dir = folder();
    const foreign = join(dir, "foreign.db");
    using other = new Database(foreign, { create: true });
    other.run("create table mine (x)");
    const text = join(dir, "notes.txt");
    writeFileSync(text, "These are my notes.\n".repeat(400));
    for (const [place, code] of [
      [foreign, "invalid"],
      [text, "invalid"],
    ] as const) {
      const before = readFileSync(place);
      for (const create of [true, false])
        expect((await refusal(openStore({ place, create }))).code).toBe(code);
      expect(readFileSync(place).equals(before)).toBe(true);
    }
    expect((await refusal(openStore({ place: join(dir, "no", "folder.db"), create: true }))).code).toBe(
      "not_found",
    );
    expect((await refusal(openStore({ place: dir, create: true }))).code).toBe("unavailable");
  });

  test("ST28 only its owner reads a workspace and the files beside it", async () => {
    const place = join(folder(), "workspace.db");
    const store = await openStore({ place, create: true });
    cleanups.push(() => store.close());
    await store.projects.add({ by, alias: "app", name: "App" });
    for (const end of ["", "-wal", "-shm"])
      expect([end, (statSync(`${place}${end}`).mode & 0o777).toString(8)]).toEqual([end, "600"]);
  });

  test("a damaged page is told as damage, never as an empty workspace", async () => {
    const place = join(folder(), "workspace.db");
    const store = await openStore({ place, create: true });
    const { id: projectId } = await store.projects.add({ by, alias: "app", name: "App" });
    for (let n = 0; n < 40; n += 1)
      await store.items.add({ by, item: { projectId, title: `Item ${n}`, spec: EMPTY_SPEC } });
    await store.close();
    const bytes = readFileSync(place);
    bytes.fill(0xff, 4_096);
    writeFileSync(place, bytes);
    const outcome = await refusal(
      (async () => {
        const again = await openStore({ place });
        cleanups.push(() => again.close());
        await again.items.list({ filter: {}, page: { limit: 50 } });
      })(),
    );
    expect([outcome.code, outcome.message.includes("damaged")]).toEqual(["invalid", true]);
  });

  test("a wall clock that is set back a little brings no ended lease to life", async () => {
    const place = join(folder(), "workspace.db");
    let offset = 0;
    const store = await openStore({ place, create: true, clockOffsetMs: () => offset });
    cleanups.push(() => store.close());
    const { id: projectId } = await store.projects.add({ by, alias: "app", name: "App" });
    const { item } = await store.items.add({
      by,
      item: { projectId, title: "Item", spec: EMPTY_SPEC, lane: LANE.agent },
    });
    const { lease } = await store.claims.item({ by: agent(), id: item.id, ttlMs: 60_000, runner: {} });
    offset = 70_000;
    await store.items.note({ by, id: item.id, body: "A minute later" });
    offset = -30_000;
    expect(await store.now()).toBeGreaterThan(lease.expiresAt);
    expect((await refusal(store.claims.heartbeat({ by: agent(), leaseId: lease.id }))).code).toBe(
      "lease_lost",
    );
  });

  test("a write lock held too long is unavailable, and nothing was written", async () => {
    const place = join(folder(), "workspace.db");
    const store = await openStore({ place, create: true, patienceMs: 50 });
    cleanups.push(() => store.close());
    using holder = new Database(place);
    holder.run("begin immediate");
    const refused = await refusal(store.projects.add({ by, alias: "app", name: "App" }));
    expect([refused.code, refused.hint?.includes("Nothing was written")]).toEqual(["unavailable", true]);
    expect(await store.projects.list({})).toEqual([]);
    holder.run("rollback");
    expect((await store.projects.add({ by, alias: "app", name: "App" })).alias).toBe("app");
  });
});
