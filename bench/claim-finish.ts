import { openStore } from "#store/open-store.ts";
import type { ClaimResult } from "./claim-result.ts";
import { agentCaller, claimAndFinish } from "./claim-loop.ts";
import { postgresFixture, dropPostgresFixture } from "./fixture/postgres-fixture.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";
import { graphileRate } from "./peers/graphile-rate.ts";
import { pgBossRate } from "./peers/pg-boss-rate.ts";
import { barePostgres } from "./peers/bare-postgres.ts";
import { bareSqlite } from "./peers/bare-sqlite.ts";

const SHAPE = { items: 10_000, variant: "zipf" } as const;
const ROUNDS = 5;
const SQLITE_PAIRS = 200;
const POSTGRES_JOBS = 400;
const CONNECTIONS = 4;

/** Claim and finish, each acknowledged before the next: what an agents' loop costs the database. */
export const claimFinish = {
  title: "Claim and finish",
  run: async (): Promise<readonly ClaimResult[]> => [
    ...(await onSqlite("full")),
    ...(await onSqlite("normal")),
    ...(await onPostgres()),
  ],
};

const rate = (pairs: number, ms: number): number => (pairs * 1_000) / ms;
const perSecond = (value: number): string => `${Math.round(value).toLocaleString("en")}/s`;

async function onSqlite(synchronous: "full" | "normal"): Promise<readonly ClaimResult[]> {
  const store = await openStore({ place: await sqliteFixture(SHAPE), synchronous });
  const bare = bareSqlite(await sqliteFixture(SHAPE), synchronous);
  const ours: number[] = [];
  const theirs: number[] = [];
  const cpu: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    theirs.push(rate(SQLITE_PAIRS, bare.run(SQLITE_PAIRS)));
    const between = process.cpuUsage();
    const begun = performance.now();
    await claimAndFinish(store, agentCaller, SQLITE_PAIRS);
    ours.push(rate(SQLITE_PAIRS, performance.now() - begun));
    cpu.theirs.push(cpuMs(before, between));
    cpu.ours.push(cpuMs(between, process.cpuUsage()));
  }
  bare.close();
  await store.close();
  const claim = `SQLite, synchronous=${synchronous}: claim → finish through the store`;
  const against = "of a bare-driver loop with the same statements";
  return [
    {
      claim,
      measured: perSecond(median(ours)),
      against: `${perSecond(median(theirs))} ${against}`,
      ratio: median(ours) / median(theirs),
      limit: { atLeast: 0.6 },
    },
    {
      claim: `${claim}, processor time, which other programs disturb less`,
      measured: `${median(cpu.ours).toFixed(2)} ms`,
      against: `${median(cpu.theirs).toFixed(2)} ms ${against}`,
      ratio: median(cpu.theirs) / median(cpu.ours),
    },
  ];
}

/** Processor time of one pair, milliseconds. */
function cpuMs(from: NodeJS.CpuUsage, to: NodeJS.CpuUsage): number {
  return (to.user + to.system - from.user - from.system) / 1_000 / SQLITE_PAIRS;
}

async function onPostgres(): Promise<readonly ClaimResult[]> {
  const place = await postgresFixture({ items: 20_000, variant: "zipf" });
  const store = await openStore({ place, poolSize: CONNECTIONS });
  const bare = await barePostgres(place, CONNECTIONS);
  const graphile = await graphileRate(CONNECTIONS);
  const boss = await pgBossRate(CONNECTIONS);
  const rates: Record<"ours" | "bare" | "graphile" | "boss", number[]> = {
    ours: [],
    bare: [],
    graphile: [],
    boss: [],
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.graphile.push(rate(POSTGRES_JOBS, await graphile.run(POSTGRES_JOBS)));
    const begun = performance.now();
    const each = POSTGRES_JOBS / CONNECTIONS;
    await Promise.all(Array.from({ length: CONNECTIONS }, () => claimAndFinish(store, agentCaller, each)));
    rates.ours.push(rate(POSTGRES_JOBS, performance.now() - begun));
    rates.bare.push(rate(POSTGRES_JOBS, await bare.run(POSTGRES_JOBS)));
    rates.boss.push(rate(POSTGRES_JOBS, await boss.run(POSTGRES_JOBS)));
  }
  await Promise.all([bare.close(), graphile.close(), boss.close(), store.close()]);
  await dropPostgresFixture(place);
  const claim = `PostgreSQL, ${CONNECTIONS} connections: claim → finish`;
  const ours = median(rates.ours);
  const against = (name: string, theirs: readonly number[], least: number): ClaimResult => ({
    claim,
    measured: perSecond(ours),
    against: `${perSecond(median(theirs))} of ${name}`,
    ratio: ours / median(theirs),
    limit: { atLeast: least },
  });
  return [
    against("a loop with the same statements and no rule", rates.bare, 0.6),
    against("graphile-worker 0.18.0, one job at a time", rates.graphile, 1),
    against("pg-boss 12.38.0, fetch and complete one at a time", rates.boss, 2),
  ];
}
