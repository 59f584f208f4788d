import { Database } from "bun:sqlite";
import { human } from "#test/stores.ts";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import { claimOnce } from "./claim-loop.ts";
import type { ClaimResult } from "./claim-result.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";

const SMALL = 10_000;
const LARGE = 200_000;
/** Entries of each item's history. */
const ENTRIES = 10;
const DAY_MS = 86_400_000;
const ROUNDS = 100;
const MIB = 1_048_576;

/** What people and agents ask all day, and how much longer it takes. Reads of the history are reported; the queue has a limit. */
const ASKED: readonly (readonly [
  string,
  (store: Store, at: number) => Promise<unknown>,
  number | undefined,
])[] = [
  ["a claim", (store) => claimOnce(store), 1.5],
  ["what is next", (store) => store.claims.peek({ filter: {} }), 1.5],
  ["the newest items", (store) => store.items.list({ filter: {}, page: { limit: 50 } }), 1.5],
  [
    "the log of one item",
    (store, at) =>
      store.history.events({ stream: "item", streamId: 7 + at * 50, newestFirst: true, page: { limit: 50 } }),
    undefined,
  ],
  ["the newest entries", (store) => store.history.events({ newestFirst: true, page: { limit: 50 } }), 1.5],
];

/** A workspace after years: 200,000 items, nine of ten closed, two million entries, before and after the archive. */
export const retention = {
  title: "SQLite with 200,000 items, 180,000 of them closed, and 2,000,000 entries of history",
  run: async (): Promise<readonly ClaimResult[]> => {
    const small = await aged(SMALL);
    const large = await aged(LARGE);
    const [few, many] = [await openStore({ place: small }), await openStore({ place: large })];
    const few50 = await askedOf(few);
    const before = await askedOf(many);
    const used = usedBytes(large);
    const begun = performance.now();
    const done = await many.history.archive({ by: human(), olderThanMs: 90 * DAY_MS, dryRun: false });
    const tookMs = performance.now() - begun;
    const after = await askedOf(many);
    const left = usedBytes(large);
    await Promise.all([few.close(), many.close()]);
    return [
      ...compared("", before, few50),
      ...compared(", archived", after, few50),
      {
        claim: `Archive of ${done.entries.toLocaleString("en")} entries: size of the workspace`,
        measured: `${Math.round(left / MIB)} MiB`,
        against: `${Math.round(used / MIB)} MiB before`,
        ratio: left / used,
      },
      {
        claim: "Archive of 100,000 entries: time",
        measured: `${((tookMs / done.entries) * 100).toFixed(1)} s`,
        against: "1 s",
        ratio: (tookMs / done.entries) * 100,
      },
    ];
  },
};

async function askedOf(store: Store): Promise<readonly number[]> {
  const p50s: number[] = [];
  for (const [, ask] of ASKED) {
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const begun = performance.now();
      await ask(store, round);
      took.push(performance.now() - begun);
    }
    p50s.push(median(took));
  }
  return p50s;
}

const compared = (when: string, large: readonly number[], small: readonly number[]): readonly ClaimResult[] =>
  ASKED.map(([what, , atMost], at): ClaimResult => {
    const [ours, theirs] = [large[at] ?? 0, small[at] ?? 0];
    return {
      claim: `p50 of ${what}${when}`,
      measured: `${ours.toFixed(2)} ms`,
      against: `${theirs.toFixed(2)} ms at ${SMALL.toLocaleString("en")} items`,
      ratio: ours / theirs,
      ...(atMost === undefined ? {} : { limit: { atMost } }),
    };
  });

/** The fixture, most of its items closed, each with a history of some months ago. */
async function aged(items: number): Promise<string> {
  const place = await sqliteFixture({ items, variant: "zipf" });
  const now = Date.now();
  using file = new Database(place);
  file.run("pragma synchronous = off");
  file.run("begin");
  file.run(
    `update item set state = 'done', closed_at = ${now}, q = null, wake_at = null, not_before = null, held_by = null where id % 10 <> 0 and lease_id is null`,
  );
  file.run(`with recursive g(k) as (select 2 union all select k + 1 from g where k < ${ENTRIES})
    insert into event (stream, stream_id, n, at, actor, auth, door, operation)
    select 'item', i.id, g.k, ${now - 200 * DAY_MS}, 'ai:bench', 'run', 'cli', 'note' from item i join g order by i.id, g.k`);
  file.run(`insert into event_payload (event_id, changes)
    select id, '{"note":' || id || ',"kind":"note","by":"ai:bench","lane":["requires_triage","autonomous_safe"],"holder":[null,"ai:bench"]}' from event where n > 1`);
  file.run(`update item set event_n = ${ENTRIES}`);
  // The fixture's own entries are of an hour ago, and stand in front.
  file.run("drop trigger event_is_final");
  file.run(`update event set at = ${now - 200 * DAY_MS} where n = 1`);
  file.run(
    "create trigger event_is_final before update on event begin select raise(abort, 'events are never changed'); end",
  );
  file.run("commit");
  return place;
}

/** Without the pages that are free for what comes. */
function usedBytes(place: string): number {
  using file = new Database(place, { readonly: true });
  const one = (name: string) => Number(file.query(`pragma ${name}`).values()[0]?.[0]);
  return (one("page_count") - one("freelist_count")) * one("page_size");
}
