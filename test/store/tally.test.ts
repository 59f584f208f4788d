import { Database as SqliteFile } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, setDefaultTimeout, test } from "bun:test";
import pg from "pg";
import { BASE as POSTGRES_BASE } from "#store/postgres/0001-base.sql.ts";
import { BASE as SQLITE_BASE } from "#store/sqlite/0001-base.sql.ts";
import { openStore } from "#store/open-store.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { freshSchema, human, openTestStore, STORE_KINDS } from "#test/stores.ts";

setDefaultTimeout(60_000);

const HOUR_MS = 3_600_000;
const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const OLD = NOW - 40 * 24 * HOUR_MS;

/** A workspace of schema 1: two items are ready, the others each stand elsewhere, and two candidates wait. */
const lived = (): readonly string[] => {
  const columns =
    "id, uid, project_id, title, state, phase, lane, kind, class, type, ready_at, deadline, q, closed_at, created_by, created_at, updated_at, event_n";
  const row = (id: number, state: string, phase: string, lane: string, q: string, closed: string) =>
    `insert into item (${columns}) values (${id}, 'u${id}', 1, 'T', '${state}', ${phase}, '${lane}', 'code', 'core', 'task', ${OLD}, ${OLD + 168 * HOUR_MS}, ${q}, ${closed}, 'human:ada', ${OLD}, ${OLD}, 1)`;
  const candidate = (id: number) =>
    `insert into candidate (id, uid, project_id, title, spec, state, source, fingerprint, proposed_by, proposed_at, touched_at, event_n)
      values (${id}, 'c${id}', 1, 'C', '{}', 'pending', 'test', 'f${id}', 'human:ada', ${OLD + id}, ${OLD}, 1)`;
  const told = (id: number, stream: string, streamId: number, at: number, changes: object) => [
    `insert into event (id, stream, stream_id, n, at, actor, auth, door, operation) values (${id}, '${stream}', ${streamId}, ${id > 20 ? 2 : 1}, ${at}, 'human:ada', 'asserted', 'test', 'add')`,
    `insert into event_payload (event_id, changes) values (${id}, '${JSON.stringify(changes)}')`,
  ];
  return [
    "insert into lane (name, rank, role) values ('requires_triage', 1, 'triage'), ('autonomous_safe', 5, 'agent')",
    `insert into project (id, uid, alias, name, landing, created_by, created_at) values (1, 'p', 'app', 'App', 'none', 'human:ada', ${OLD})`,
    row(1, "open", "null", "autonomous_safe", "1", "null"),
    row(2, "open", "null", "autonomous_safe", "1", "null"),
    row(3, "open", "null", "requires_triage", "null", "null"),
    row(4, "blocked", "null", "autonomous_safe", "null", "null"),
    row(5, "review", "'human'", "autonomous_safe", "null", "null"),
    row(6, "done", "null", "autonomous_safe", "null", String(NOW)),
    "insert into queue (class, needs, project_id) values ('core', '', 1)",
    candidate(1),
    candidate(2),
    ...[1, 2, 3, 4, 5].flatMap((id) =>
      told(id, "item", id, OLD, { lane: id === 3 ? "requires_triage" : "autonomous_safe" }),
    ),
    ...told(6, "item", 6, OLD, { lane: "requires_triage" }),
    ...told(26, "item", 6, NOW, {
      lane: ["requires_triage", "autonomous_safe"],
      state: ["open", "done"],
      closed_at: [null, NOW],
    }),
    `insert into run (id, uid, item_id, lease_id, holder, started_at, ended_at, outcome) values (1, 'r', 6, 'L', 'ai:a', ${NOW}, ${NOW}, 'changed')`,
  ];
};

async function formerSqlite(): Promise<{ place: string; remove: () => void }> {
  const home = mkdtempSync(join(tmpdir(), "sluice-tally-"));
  const place = join(home, "workspace.db");
  using file = new SqliteFile(place, { create: true });
  file.exec(SQLITE_BASE);
  for (const statement of lived()) file.run(statement);
  file.run("pragma user_version = 1");
  file.run(`pragma application_id = ${0x534c4345}`);
  return { place, remove: () => rmSync(home, { recursive: true, force: true }) };
}

async function formerPostgres(): Promise<{ place: string; remove: () => void }> {
  const place = await freshSchema();
  const schema = new URLSearchParams(place.split("?")[1]).get("schema") ?? "";
  const client = new pg.Client({ connectionString: place.replace(/[?&]schema=.*$/, "") });
  await client.connect();
  await client.query(`create schema "${schema}"; set search_path to "${schema}"`);
  await client.query("create table migration (number bigint primary key, at timestamptz default now())");
  await client.query(POSTGRES_BASE);
  for (const statement of lived()) await client.query(statement);
  await client.query("insert into migration (number) values (1)");
  await client.end();
  return { place, remove: () => {} };
}

test.each([...STORE_KINDS])("%s: a workspace of schema 1 is opened with its counts", async (kind) => {
  const { place, remove } = await (kind === "sqlite" ? formerSqlite() : formerPostgres());
  const store = await openStore({ place });
  try {
    expect(await store.claims.summary({})).toMatchObject({
      ready: 2,
      blocked: 1,
      inReview: 1,
      atGate: 2,
      waitingOnHumans: { requires_triage: 1 },
    });
    const { person } = await store.claims.board({ unseenForMs: 0, untouchedForMs: 0, mostRuns: 20 });
    expect(person).toMatchObject({
      lanes: { requires_triage: { count: 1, oldestAt: OLD } },
      gate: { count: 2, oldestAt: OLD + 1 },
      review: { count: 1, oldestAt: OLD },
      blocked: { count: 1, oldestId: 4 },
      untouched: { count: 4 },
    });
    const { projects, lanes } = await store.claims.pressure({ sinceMs: NOW });
    expect(projects).toEqual([{ name: "app", waiting: 2, oldestAt: OLD, arrivals: 0, drains: 1 }]);
    expect(lanes.find(({ name }) => name === "autonomous_safe")).toMatchObject({ arrivals: 1, drains: 1 });
    expect(lanes.find(({ name }) => name === "requires_triage")).toMatchObject({ arrivals: 0, drains: 1 });
    const findings = (await store.history.check({ deep: true })).map(({ check }) => check);
    expect(findings).not.toContain("derived.tally");
  } finally {
    await store.close();
    remove();
  }
});

test.each([...STORE_KINDS])(
  "%s: all projects together are counted as each of them is, merged or not, an archived one apart",
  async (kind) => {
    const workspace = await openTestStore(kind, { synchronous: "normal" });
    await using _closed = { [Symbol.asyncDispose]: () => workspace.close() };
    const { store } = workspace;
    const projects: number[] = [];
    for (const alias of ["one", "two", "old"])
      projects.push((await store.projects.add({ by: human(), alias, name: alias })).id);
    const [one = 0, two = 0, old = 0] = projects;
    const added = async (projectId: number, lane: string) =>
      (await store.items.add({ by: human(), item: { projectId, title: "T", spec: EMPTY_SPEC, lane } })).item;
    for (const projectId of projects)
      for (const lane of ["autonomous_safe", "autonomous_safe", "requires_triage"])
        await added(projectId, lane);
    await store.projects.edit({ by: human(), id: old, changes: { archived: true } });
    const same = async () => {
      const all = await store.claims.summary({});
      const board = await store.claims.board({ unseenForMs: 0, untouchedForMs: 0, mostRuns: 20 });
      expect(await store.claims.summary({ projectIds: projects })).toEqual(all);
      const each = await store.claims.board({
        projectIds: projects,
        unseenForMs: 0,
        untouchedForMs: 0,
        mostRuns: 20,
      });
      expect({ ...each, at: 0 }).toEqual({ ...board, at: 0 });
      expect(await store.history.check({ deep: true })).toEqual([]);
      return all;
    };
    expect(await same()).toMatchObject({ ready: 4, archived: 2, waitingOnHumans: { requires_triage: 3 } });
    const { id } = await added(one, "requires_triage");
    const more = await added(two, "requires_triage");
    // Each move adds four rows: these are merged at least once.
    for (let n = 0; n < 270; n += 1)
      for (const lane of ["requires_decision", "requires_triage"])
        await store.items.move({ by: human(), id, lane });
    await store.items.drop({ by: human(), id: more.id, reason: "Not now" });
    expect(await same()).toMatchObject({ ready: 4, archived: 2, waitingOnHumans: { requires_triage: 4 } });
  },
);
