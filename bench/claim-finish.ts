import { openStore } from "#store/open-store.ts";
import type { Baseline } from "./baseline/baseline.ts";
import { postgresBaseline, preparePostgres } from "./baseline/postgres-baseline.ts";
import { sqliteBaseline } from "./baseline/sqlite-baseline.ts";
import type { ClaimResult } from "./claim-result.ts";
import { agentCaller, claimAndFinish } from "./claim-loop.ts";
import { postgresFixture, dropPostgresFixture } from "./fixture/postgres-fixture.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";
import { graphileRate } from "./peers/graphile-rate.ts";
import { pgBossRate } from "./peers/pg-boss-rate.ts";

const ROUNDS = 5;
const SQLITE_PAIRS = 200;
const POSTGRES_JOBS = 400;
const CONNECTIONS = 4;
/** All rounds, the one that warms up, and the peers' share of ready items. */
const SHAPE = { items: 20_000, variant: "zipf" } as const;
const EXPERT = "of the smallest program with the same rows and commits";

/** Claim and finish and nothing else, each acknowledged before the next: what only a queue pays. */
export const claimFinish = {
  title: "Claim and finish alone",
  run: async (): Promise<readonly ClaimResult[]> => [
    ...(await onSqlite("full")),
    ...(await onSqlite("normal")),
    ...(await onPostgres()),
  ],
};

/** So many pairs; answers how long they took, milliseconds. */
type Work = (pairs: number) => Promise<number>;

const perSecond = (value: number): string => `${Math.round(value).toLocaleString("en")}/s`;

/** Pairs a second of each, in turns; medians. The first round warms up. */
async function inTurns<K extends string>(pairs: number, sides: Readonly<Record<K, Work>>) {
  const names = Object.keys(sides) as K[];
  const rates = new Map(names.map((name): [K, number[]] => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const name of names) {
      const ms = await sides[name](pairs);
      if (round > 0) rates.get(name)?.push((pairs * 1_000) / ms);
    }
  return (name: K): number => median(rates.get(name) ?? []);
}

const abreast =
  (loops: number, pair: () => Promise<void>): Work =>
  async (pairs) => {
    const begun = performance.now();
    const loop = async () => {
      for (let done = 0; done < pairs / loops; done += 1) await pair();
    };
    await Promise.all(Array.from({ length: loops }, loop));
    return performance.now() - begun;
  };

const pairOf =
  ({ claim, finish }: Baseline) =>
  async (): Promise<void> =>
    finish({ lease: (await claim({ brief: false })).lease });

async function onSqlite(synchronous: "full" | "normal"): Promise<readonly ClaimResult[]> {
  const store = await openStore({ place: await sqliteFixture(SHAPE), synchronous });
  const bare = sqliteBaseline(await sqliteFixture(SHAPE), synchronous);
  const rate = await inTurns(SQLITE_PAIRS, {
    bare: abreast(1, pairOf(bare)),
    ours: abreast(1, () => claimAndFinish(store, agentCaller, 1)),
  });
  await Promise.all([bare.close(), store.close()]);
  return [
    {
      claim: `SQLite, synchronous=${synchronous}`,
      measured: perSecond(rate("ours")),
      against: `${perSecond(rate("bare"))} ${EXPERT}`,
      ratio: rate("ours") / rate("bare"),
      limit: { atLeast: 0.7 },
    },
  ];
}

async function onPostgres(): Promise<readonly ClaimResult[]> {
  const [place, other] = [await postgresFixture(SHAPE), await postgresFixture(SHAPE)];
  await preparePostgres(other);
  const store = await openStore({ place, poolSize: CONNECTIONS });
  const bare = await postgresBaseline(other, CONNECTIONS);
  const [graphile, boss] = [await graphileRate(CONNECTIONS), await pgBossRate(CONNECTIONS)];
  const rate = await inTurns(POSTGRES_JOBS, {
    graphile: (jobs) => graphile.run(jobs),
    ours: abreast(CONNECTIONS, () => claimAndFinish(store, agentCaller, 1)),
    bare: abreast(CONNECTIONS, pairOf(bare)),
    boss: (jobs) => boss.run(jobs),
  });
  await Promise.all([bare.close(), graphile.close(), boss.close(), store.close()]);
  await Promise.all([place, other].map(dropPostgresFixture));
  const against = (
    side: "bare" | "graphile" | "boss",
    name: string,
    limit?: { readonly atLeast: number },
  ): ClaimResult => ({
    claim: `PostgreSQL, ${CONNECTIONS} connections`,
    measured: perSecond(rate("ours")),
    against: `${perSecond(rate(side))} ${name}`,
    ratio: rate("ours") / rate(side),
    ...(limit === undefined ? {} : { limit }),
  });
  return [
    against("bare", EXPERT, { atLeast: 0.7 }),
    against("graphile", "of graphile-worker 0.18.0, one job at a time", { atLeast: 0.6 }),
    against("boss", "of pg-boss 12.38.0, fetch and complete one at a time"),
  ];
}
