import { join } from "node:path";
import { z } from "zod";
import { openStore } from "#store/open-store.ts";
import { postgresBaseline, preparePostgres } from "./baseline/postgres-baseline.ts";
import { storeSteps } from "./claim-loop.ts";
import type { ClaimResult } from "./claim-result.ts";
import { dropPostgresFixture, postgresFixture } from "./fixture/postgres-fixture.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { quantile } from "./median.ts";
import { graphileRate } from "./peers/graphile-rate.ts";
import { pgBossRate } from "./peers/pg-boss-rate.ts";

const PROGRAM = join(import.meta.dir, "latency-program.ts");
const SHAPE = { items: 20_000, variant: "zipf" } as const;
const PROCESSES = [1, 4, 16];
const CONNECTIONS = [1, 4, 16];
const START_MS = 2_500;
const RUN_MS = 3_000;
/** For each number of connections, of each program. */
const JOBS = 480;
const Claims = z.array(z.number());

type Tell = (claimMs: number) => void;

/** How long one claim takes while others claim and finish as fast as they can, beside the smallest program and two job queues. */
export const latency = {
  title: "One claim among many",
  run: async (): Promise<readonly ClaimResult[]> => {
    const results: ClaimResult[] = [];
    for (const processes of PROCESSES) results.push(await onSqlite(processes));
    for (const connections of CONNECTIONS) results.push(...(await onPostgres(connections)));
    return results;
  },
};

const shown = (claims: readonly number[]): string =>
  [quantile(claims, 0.5), quantile(claims, 0.99), Math.max(...claims)]
    .map((ms) => ms.toFixed(ms < 10 ? 2 : 0))
    .join(" / ");

/** A loop that lets few processes in has short claims: what the process with the fewest got says so. */
const shares = (claims: readonly (readonly number[])[]): string => {
  const least = Math.min(...claims.map(({ length }) => length));
  return `${shown(claims.flat())} (${claims.flat().length} claims, the least by a process ${least})`;
};

async function onSqlite(processes: number): Promise<ClaimResult> {
  const measure = async (way: "store" | "baseline") => {
    const place = await sqliteFixture({ ...SHAPE, items: 100_000 });
    const from = Date.now() + START_MS;
    const words = [place, way, String(from), String(from + RUN_MS)];
    return Promise.all(Array.from({ length: processes }, () => claimsOf(words)));
  };
  const ours = await measure("store");
  const baseline = await measure("baseline");
  return {
    claim: `SQLite, ${processes} ${processes === 1 ? "process" : "processes"}: p50 / p99 / max, ms`,
    measured: shares(ours),
    against: `${shares(baseline)} of the smallest program`,
    ratio: quantile(ours.flat(), 0.5) / quantile(baseline.flat(), 0.5),
  };
}

async function claimsOf(words: readonly string[]): Promise<readonly number[]> {
  const child = Bun.spawn([process.execPath, PROGRAM, ...words], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const [text, code] = await Promise.all([child.stdout.text(), child.exited]);
  if (code !== 0) throw new Error(`A process ended with ${code}`);
  return Claims.parse(JSON.parse(text));
}

async function onPostgres(connections: number): Promise<readonly ClaimResult[]> {
  const place = await postgresFixture(SHAPE);
  await preparePostgres(place);
  const ours = await ofStore(place, connections);
  const baseline = await ofBaseline(place, connections);
  await dropPostgresFixture(place);
  const graphile = await graphileRate(connections);
  const ofGraphile = await told((tell) => graphile.run(JOBS, tell));
  await graphile.close();
  const boss = await pgBossRate(connections);
  const ofBoss = await told((tell) => boss.run(JOBS, tell));
  await boss.close();
  const claim = `PostgreSQL, ${connections} ${connections === 1 ? "connection" : "connections"}`;
  const against = (name: string, theirs: readonly number[]): ClaimResult => ({
    claim: `${claim}: p50 / p99 / max, ms`,
    measured: shown(ours),
    against: `${shown(theirs)} of ${name}`,
    ratio: quantile(ours, 0.5) / quantile(theirs, 0.5),
  });
  return [
    against("the smallest program", baseline),
    against("graphile-worker 0.18.0", ofGraphile),
    against("pg-boss 12.38.0", ofBoss),
  ];
}

async function ofStore(place: string, connections: number): Promise<readonly number[]> {
  const store = await openStore({ place, poolSize: connections });
  const { claim, finish } = storeSteps(store);
  const claims = await abreast(connections, async (tell) => {
    const begun = performance.now();
    const lease = await claim();
    tell(performance.now() - begun);
    await finish(lease);
  });
  await store.close();
  return claims;
}

async function ofBaseline(place: string, connections: number): Promise<readonly number[]> {
  const baseline = await postgresBaseline(place, connections);
  const claims = await abreast(connections, async (tell) => {
    const begun = performance.now();
    const { lease } = await baseline.claim({ brief: false });
    tell(performance.now() - begun);
    await baseline.finish({ lease });
  });
  await baseline.close();
  return claims;
}

/** All jobs, in as many loops as there are connections. */
const abreast = (connections: number, job: (tell: Tell) => Promise<void>): Promise<readonly number[]> =>
  told(async (tell) => {
    const loop = async () => {
      for (let done = 0; done < JOBS / connections; done += 1) await job(tell);
    };
    await Promise.all(Array.from({ length: connections }, loop));
  });

async function told(run: (tell: Tell) => Promise<unknown>): Promise<readonly number[]> {
  const claims: number[] = [];
  await run((ms) => claims.push(ms));
  return claims;
}
