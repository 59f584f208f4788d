import { Database } from "bun:sqlite";
import pg from "pg";
import { human } from "#test/stores.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import { agentCaller } from "./claim-loop.ts";
import type { ClaimResult } from "./claim-result.ts";
import { benchPostgres } from "./fixture/bench-postgres.ts";
import { dropPostgresFixture, postgresFixture } from "./fixture/postgres-fixture.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";

const SMALL = 1_000;
const LARGE = 1_000_000;
/** Both sizes take turns, so that other programs disturb both. */
const TURNS = 25;
const LIMIT = { atMost: 1.3 };
/** What `sluice doctor` may take in the large workspace, milliseconds. */
const DOCTOR_MS = 200;
const DAY_MS = 86_400_000;
const CANDIDATES = 5_000;

type Asked = (store: Store) => Promise<unknown>;

/** What the commands of people and agents ask of the store, where nothing may grow with the backlog. */
const ASKED: Readonly<Record<string, Asked>> = {
  "what stands where": (store) => store.claims.summary({}),
  "what stands where in one project": (store) => store.claims.summary({ projectIds: [1] }),
  "the board": (store) =>
    store.claims.board({ unseenForMs: 300_000, untouchedForMs: 30 * DAY_MS, mostRuns: 20 }),
  "what runs": (store) => store.items.list({ filter: { leased: true }, page: { limit: 20 } }),
  "how many are ready": (store) => store.claims.countReady({ filter: {} }),
  "how many stand before one": (store) => store.claims.ahead({ id: 800 }),
  starvation: (store) => store.claims.pressure({ sinceMs: Date.now() - 7 * DAY_MS }),
  lanes: (store) => store.projects.lanes(),
  "the gate, its first page": (store) => store.gate.list({ states: ["pending"], page: { limit: 50 } }),
  doctor: (store) => store.history.check(),
};

/** Asked once every project is paused: nothing is ready. */
const NOTHING_READY: Readonly<Record<string, Asked>> = {
  "next with nothing ready": async (store) => [
    await store.claims.peek({ filter: {} }),
    await store.claims.summary({}),
  ],
  "claim with nothing ready": async (store) => [
    await store.claims.next({ by: agentCaller, filter: {}, ttlMs: 60_000, runner: {} }),
    await store.claims.summary({}),
  ],
};

/** No answer looks at the whole backlog. */
export const scans = {
  title: "What is asked of 1,000,000 items against 1,000",
  run: async (): Promise<readonly ClaimResult[]> => [
    ...(await compare("SQLite", sqliteWithGate, async () => {})),
    ...(await compare("PostgreSQL", postgresWithGate, dropPostgresFixture)),
  ],
};

async function compare(
  database: string,
  make: (items: number) => Promise<string>,
  drop: (place: string) => Promise<void>,
): Promise<readonly ClaimResult[]> {
  const places = [await make(SMALL), await make(LARGE)];
  const [small, large] = await Promise.all(places.map((place) => openStore({ place, poolSize: 1 })));
  if (small === undefined || large === undefined) throw new Error("no store");
  const results = await askBoth(database, small, large, ASKED);
  for (const store of [small, large])
    await store.claims.pause({ by: human(), scope: "workspace", name: "", reason: "measured" });
  results.push(...(await askBoth(database, small, large, NOTHING_READY)));
  for (const store of [small, large]) await store.close();
  for (const place of places) await drop(place);
  return results;
}

async function askBoth(
  database: string,
  small: Store,
  large: Store,
  asked: Readonly<Record<string, Asked>>,
): Promise<ClaimResult[]> {
  const results: ClaimResult[] = [];
  for (const [what, ask] of Object.entries(asked)) {
    const took: { small: number[]; large: number[] } = { small: [], large: [] };
    for (let turn = -2; turn < TURNS; turn += 1) {
      const [few, many] = [await timed(() => ask(small)), await timed(() => ask(large))];
      if (turn < 0) continue;
      took.small.push(few);
      took.large.push(many);
    }
    const [few, many] = [median(took.small), median(took.large)];
    const claim = `${database}: p50 of ${what}`;
    const measured = `${many.toFixed(2)} ms`;
    results.push({ claim, measured, against: `${few.toFixed(2)} ms`, ratio: many / few, limit: LIMIT });
    if (what === "doctor")
      results.push({
        claim,
        measured,
        against: `${DOCTOR_MS} ms`,
        ratio: many / DOCTOR_MS,
        limit: { atMost: 1 },
      });
  }
  return results;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** The same gate in both sizes: beside many candidates that were decided, as many as the workspace has items. */
const gateSql = (
  items: number,
): string => `insert into candidate (uid, project_id, title, spec, state, source, fingerprint, proposed_by, proposed_at, touched_at, decided_by, decided_at, event_n)
  select 'c' || id, 1, 'Candidate', '{"steps":[],"risks":[],"acceptance":[],"premises":[]}', case when id <= ${items} then 'rejected' else 'pending' end, 'bench', 'f' || id, 'human:ada', id, id,
    case when id <= ${items} then 'human:ada' end, case when id <= ${items} then 1 end, 0
  from (with recursive series(id) as (select 1 union all select id + 1 from series where id < ${items + CANDIDATES}) select id from series) s`;

async function sqliteWithGate(items: number): Promise<string> {
  const place = await sqliteFixture({ items, variant: "zipf" });
  using file = new Database(place);
  file.run("pragma synchronous = off");
  file.run(gateSql(items));
  return place;
}

async function postgresWithGate(items: number): Promise<string> {
  const place = await postgresFixture({ items, variant: "zipf" });
  const client = new pg.Client({ connectionString: await benchPostgres() });
  await client.connect();
  await client.query(`set search_path to "${new URLSearchParams(place.split("?")[1]).get("schema")}"`);
  await client.query(gateSql(items));
  await client.query("vacuum analyze");
  await client.end();
  return place;
}
