import { openStore } from "#store/open-store.ts";
import type { Baseline } from "./baseline/baseline.ts";
import { postgresBaseline, preparePostgres } from "./baseline/postgres-baseline.ts";
import { sqliteBaseline } from "./baseline/sqlite-baseline.ts";
import type { ClaimResult } from "./claim-result.ts";
import { storeSteps } from "./claim-loop.ts";
import { postgresFixture, dropPostgresFixture } from "./fixture/postgres-fixture.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";
import { graphileRate } from "./peers/graphile-rate.ts";
import { pgBossRate } from "./peers/pg-boss-rate.ts";
import { workedTime, type WorkedTime } from "./worked-time.ts";

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

/** One side of a pair: what it claims, it finishes under that lease. */
interface Steps {
  readonly claim: () => Promise<string>;
  readonly finish: (lease: string) => Promise<unknown>;
}

/** Loops side by side. What passes between a claim and its finish is not part of how long they took. */
const abreast =
  (loops: number, { claim, finish }: Steps, time: WorkedTime): Work =>
  async (pairs) => {
    let tookMs = 0;
    const timed = async <T>(step: () => Promise<T>): Promise<T> => {
      const begun = performance.now();
      const done = await step();
      tookMs += performance.now() - begun;
      return done;
    };
    const loop = async () => {
      for (let done = 0; done < pairs / loops; done += 1) {
        const lease = await timed(claim);
        await time.pass(lease);
        await timed(() => finish(lease));
      }
    };
    await Promise.all(Array.from({ length: loops }, loop));
    return tookMs / loops;
  };

const stepsOf = ({ claim, finish }: Baseline): Steps => ({
  claim: async () => (await claim({ brief: false })).lease,
  finish: (lease) => finish({ lease }),
});

async function onSqlite(synchronous: "full" | "normal"): Promise<readonly ClaimResult[]> {
  const [place, other] = [await sqliteFixture(SHAPE), await sqliteFixture(SHAPE)];
  const times = [await workedTime(place), await workedTime(other)] as const;
  const store = await openStore({ place, synchronous });
  const bare = sqliteBaseline(other, synchronous);
  const rate = await inTurns(SQLITE_PAIRS, {
    bare: abreast(1, stepsOf(bare), times[1]),
    ours: abreast(1, storeSteps(store), times[0]),
  });
  await Promise.all([bare, store, ...times].map((side) => side.close()));
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
  const times = [await workedTime(place), await workedTime(other)] as const;
  const store = await openStore({ place, poolSize: CONNECTIONS });
  const bare = await postgresBaseline(other, CONNECTIONS);
  const [graphile, boss] = [await graphileRate(CONNECTIONS), await pgBossRate(CONNECTIONS)];
  const rate = await inTurns(POSTGRES_JOBS, {
    graphile: (jobs) => graphile.run(jobs),
    ours: abreast(CONNECTIONS, storeSteps(store), times[0]),
    bare: abreast(CONNECTIONS, stepsOf(bare), times[1]),
    boss: (jobs) => boss.run(jobs),
  });
  await Promise.all([bare, graphile, boss, store, ...times].map((side) => side.close()));
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
