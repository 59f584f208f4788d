import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import type { ClaimResult } from "./claim-result.ts";
import { postgresFixture } from "./fixture/postgres-fixture.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";

const SHAPE = { items: 100_000, variant: "zipf", searchable: true } as const;
const ROUNDS = 15;

const QUERIES = [
  ["one hit", "54321"],
  ["100 hits", "area321"],
  ["two words, 100 hits", "area321 group1"],
  ["10,000 hits", "group7"],
  ["every item", "repair"],
  ["prefix of every area", "are*"],
  ["no hit", "nothing"],
] as const;

/** The first page of a search, as lists show it. Reported, without a limit. */
export const search = {
  title: "Search among 100,000 items",
  run: async (): Promise<readonly ClaimResult[]> => [
    ...(await measure("SQLite", await sqliteFixture(SHAPE))),
    ...(await measure("PostgreSQL", await postgresFixture(SHAPE))),
  ],
};

async function measure(database: string, place: string): Promise<readonly ClaimResult[]> {
  const store = await openStore({ place });
  const plain = await firstPage(store, undefined);
  const results: ClaimResult[] = [];
  for (const [what, query] of QUERIES) {
    const p50 = await firstPage(store, query);
    results.push({
      claim: `${database}: ${what}`,
      measured: `${p50.toFixed(1)} ms`,
      against: `${plain.toFixed(1)} ms for the newest without a search`,
      ratio: p50 / plain,
    });
  }
  await store.close();
  return results;
}

async function firstPage(store: Store, query: string | undefined): Promise<number> {
  const waits: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begun = performance.now();
    await store.items.list({
      filter: query === undefined ? {} : { search: query },
      page: { limit: 50 },
    });
    waits.push(performance.now() - begun);
  }
  return median(waits);
}
