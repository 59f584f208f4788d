import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import type { ClaimResult } from "./claim-result.ts";
import { storeSteps } from "./claim-loop.ts";
import type { FixtureShape } from "./fixture/fixture-shape.ts";
import { dropPostgresFixture, postgresFixture } from "./fixture/postgres-fixture.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";

const SMALL = 1_000;
const LARGE = 1_000_000;
/** Both sizes take turns; the small workspace has 200 ready items. */
const TURNS = 6;
const CLAIMS = 24;
const LIMIT = { atMost: 1.5 };

interface Kind {
  readonly name: string;
  readonly make: (shape: FixtureShape) => Promise<string>;
  readonly drop: (place: string) => Promise<void>;
}

const KINDS: readonly Kind[] = [
  { name: "SQLite", make: sqliteFixture, drop: async () => {} },
  { name: "PostgreSQL", make: postgresFixture, drop: dropPostgresFixture },
];

/** A claim must not grow dearer with the backlog. */
export const claimSize = {
  title: "A claim among 1,000,000 open items against one among 1,000",
  run: async (): Promise<readonly ClaimResult[]> => {
    const results: ClaimResult[] = [];
    for (const kind of KINDS)
      for (const variant of ["zipf", "agents", "empty", "timed", "hot"] as const) {
        const callers = variant !== "hot" ? [1] : kind.name === "SQLite" ? [1, 4] : [1, 4, 16];
        results.push(...(await compare(kind, variant, callers)));
        console.log(
          `  ${kind.name}, ${variant}: ${results.at(-1)?.measured} against ${results.at(-1)?.against}`,
        );
      }
    return results;
  },
};

const NAMES: Readonly<Record<FixtureShape["variant"], string>> = {
  zipf: "100 projects",
  one: "one project",
  empty: "99 empty projects in front",
  timed: "100,000 timed items in front",
  hot: "one hot project",
  agents: "one project with a bound, items with paths",
};

async function compare(
  kind: Kind,
  variant: FixtureShape["variant"],
  callers: readonly number[],
): Promise<readonly ClaimResult[]> {
  const large = await kind.make({ items: LARGE, variant });
  const results: ClaimResult[] = [];
  for (const connections of callers) {
    // What stands in front is part of the large one only.
    const small = await kind.make({ items: SMALL, variant: variant === "timed" ? "zipf" : variant });
    const waits = await inTurns(small, large, connections);
    results.push({
      claim: `${kind.name}, ${NAMES[variant]}${connections > 1 ? `, ${connections} connections` : ""}: p50 of a claim`,
      measured: `${waits.large.toFixed(2)} ms`,
      against: `${waits.small.toFixed(2)} ms`,
      ratio: waits.large / waits.small,
      limit: LIMIT,
    });
    await kind.drop(small);
  }
  await kind.drop(large);
  return results;
}

async function inTurns(
  smallPlace: string,
  largePlace: string,
  connections: number,
): Promise<{ small: number; large: number }> {
  const small = await openAll(smallPlace, connections);
  const large = await openAll(largePlace, connections);
  const waits: { small: number[]; large: number[] } = { small: [], large: [] };
  for (let turn = 0; turn < TURNS; turn += 1) {
    waits.small.push(...(await claims(small)));
    waits.large.push(...(await claims(large)));
  }
  for (const store of [...small, ...large]) await store.close();
  return { small: median(waits.small), large: median(waits.large) };
}

/** A connection each, as separate callers have. */
async function openAll(place: string, connections: number): Promise<readonly Store[]> {
  return Promise.all(Array.from({ length: connections }, () => openStore({ place, poolSize: 1 })));
}

async function claims(stores: readonly Store[]): Promise<readonly number[]> {
  const each = Math.ceil(CLAIMS / stores.length);
  const waits = await Promise.all(
    stores.map(async (store) => {
      const own: number[] = [];
      for (let done = 0; done < each; done += 1) {
        const { claim, finish } = storeSteps(store);
        const begun = performance.now();
        const lease = await claim();
        own.push(performance.now() - begun);
        // A project with a bound gives no more than that at a time.
        await finish(lease);
      }
      return own;
    }),
  );
  return waits.flat();
}
