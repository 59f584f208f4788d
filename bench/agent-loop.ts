import { Database } from "bun:sqlite";
import { join } from "node:path";
import pg from "pg";
import { preparePostgres, postgresBaseline } from "./baseline/postgres-baseline.ts";
import { sqliteBaseline } from "./baseline/sqlite-baseline.ts";
import type { ClaimResult } from "./claim-result.ts";
import { dropPostgresFixture, postgresFixture } from "./fixture/postgres-fixture.ts";
import { benchFolder, sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { type Loop, overHttp, overMcp, throughStore, withCommands } from "./loop-interfaces.ts";
import { baselineInProcess, baselineProcesses, baselineSession } from "./loop-baselines.ts";
import { median } from "./median.ts";
import { compiledPrograms } from "./start.ts";
import { workedTime } from "./worked-time.ts";

const SHAPE = { items: 10_000, variant: "agents" } as const;
/** In turns, so that both sides see the same machine. */
const ROUNDS = 5;
const LOOPS = 12;
/** What a loop writes. */
const TABLES = ["run", "event", "event_payload", "note", "plan", "evidence"] as const;

/**
 * What an agent does with each item, as the skills say: claim with its brief, a note, a plan, finish with a note and evidence. One
 * project with a bound of leases, items that name paths. Four commits, against the smallest program that writes the same rows in four.
 */
export const agentLoop = {
  title: "The loop of an agent: claim with its brief, note, plan, finish with evidence",
  run: async (): Promise<readonly ClaimResult[]> => {
    const home = benchFolder();
    const programs = { ...(await compiledPrograms(home)), baseline: await compiledBaseline(home) };
    return [...(await measure(onSqlite, programs, home)), ...(await measure(onPostgres, programs, home))];
  },
};

type Programs = { readonly sluice: string; readonly baseline: string };

/** A database with a workspace for each side. */
interface Site {
  readonly name: string;
  readonly make: () => Promise<string>;
  readonly drop: (place: string) => Promise<void>;
  readonly inProcess: (place: string) => Promise<Loop>;
  readonly run: (place: string, sql: string) => Promise<readonly number[]>;
}

const onSqlite: Site = {
  name: "SQLite",
  make: () => sqliteFixture(SHAPE),
  drop: async () => {},
  inProcess: async (place) => baselineInProcess(sqliteBaseline(place)),
  run: async (place, sql) => {
    using file = new Database(place);
    file.run("pragma busy_timeout = 10000");
    return file
      .query<{ n: number }, []>(sql)
      .all()
      .map(({ n }) => n);
  },
};

const onPostgres: Site = {
  name: "PostgreSQL",
  make: async () => {
    const place = await postgresFixture(SHAPE);
    await preparePostgres(place);
    return place;
  },
  drop: dropPostgresFixture,
  inProcess: async (place) => baselineInProcess(await postgresBaseline(place)),
  run: async (place, sql) => {
    const client = new pg.Client({ connectionString: place.split("?schema=")[0]?.split("&schema=")[0] });
    await client.connect();
    await client.query(`set search_path to "${new URLSearchParams(place.split("?")[1]).get("schema")}"`);
    const { rows } = await client.query<{ n: string }>(sql);
    await client.end();
    return rows.map(({ n }) => Number(n));
  },
};

interface Pair {
  readonly claim: string;
  readonly against: string;
  readonly ours: (place: string) => Promise<Loop>;
  readonly theirs: (place: string) => Promise<Loop>;
  readonly limit?: { readonly atLeast: number };
  readonly loops?: number;
}

function pairs({ inProcess }: Site, { sluice, baseline }: Programs, home: string): readonly Pair[] {
  const expert = "of the smallest program with the same rows and commits";
  const limit = { atLeast: 0.7 };
  return [
    { claim: "the store in process", against: expert, ours: throughStore, theirs: inProcess, limit },
    {
      claim: "`sluice`, a process for each step",
      against: `${expert}, a process for each step`,
      ours: async (place) => withCommands(sluice, place, home),
      theirs: async (place) => baselineProcesses(baseline, place),
      limit,
      loops: 3,
    },
    {
      claim: "`sluice mcp`, one session",
      against: `${expert}, one session over a pipe`,
      ours: (place) => overMcp(sluice, place, home),
      theirs: async (place) => baselineSession(baseline, place),
      limit,
    },
    {
      claim: "`sluice serve`, HTTP",
      against: "of the store in process",
      ours: (place) => overHttp(sluice, place, home),
      theirs: throughStore,
    },
  ];
}

async function measure(site: Site, programs: Programs, home: string): Promise<readonly ClaimResult[]> {
  const results: ClaimResult[] = [];
  for (const { claim, against, ours, theirs, limit, loops = LOOPS } of pairs(site, programs, home)) {
    const [mine, other] = [await opened(site, ours), await opened(site, theirs)];
    for (let round = 0; round <= ROUNDS; round += 1)
      for (const side of [other, mine]) await side.work(loops, round > 0);
    await sameRows(mine, other);
    await Promise.all([mine.close(), other.close()]);
    const [ms, theirMs] = [median(mine.waits), median(other.waits)];
    console.log(`  ${site.name}: ${claim}: ${ms.toFixed(2)} against ${theirMs.toFixed(2)} ms`);
    results.push({
      claim: `${site.name}: ${claim}`,
      measured: `${ms.toFixed(2)} ms a loop`,
      against: `${theirMs.toFixed(2)} ms ${against}`,
      ratio: theirMs / ms,
      ...(limit === undefined ? {} : { limit }),
    });
  }
  return results;
}

async function opened(site: Site, open: (place: string) => Promise<Loop>) {
  const place = await site.make();
  const before = await counted(site, place);
  const loop = await open(place);
  const time = await workedTime(place);
  const waits: number[] = [];
  return {
    waits,
    /** Loops after each other; the first round only warms up. */
    work: async (loops: number, counts: boolean) => {
      for (let done = 0; done < loops; done += 1) {
        const begun = performance.now();
        const held = await loop.claim();
        const claimMs = performance.now() - begun;
        await time.pass(held.lease);
        const worked = performance.now();
        await loop.work(held);
        if (counts) waits.push(claimMs + performance.now() - worked);
      }
    },
    written: async () => (await counted(site, place)).map((n, at) => n - (before[at] ?? 0)),
    close: async () => {
      await Promise.all([loop.close(), time.close()]);
      await site.drop(place);
    },
  };
}

const counted = async ({ run }: Site, place: string): Promise<readonly number[]> =>
  run(
    place,
    TABLES.map((table, at) => `select ${at} as o, count(*) as n from ${table}`).join(" union all ") +
      " order by 1",
  );

/** A program that writes fewer rows is not a yardstick. */
async function sameRows(
  mine: { written: () => Promise<readonly number[]> },
  other: typeof mine,
): Promise<void> {
  const [ours, theirs] = [await mine.written(), await other.written()];
  const differ = TABLES.filter((_, at) => ours[at] !== theirs[at]);
  if (differ.length > 0)
    throw new Error(
      `The two sides wrote different rows of ${differ.join(", ")}: ${ours.join(" ")} and ${theirs.join(" ")}`,
    );
}

/** The baseline as one program, compiled as the product is. */
async function compiledBaseline(home: string): Promise<string> {
  const outfile = join(home, "baseline");
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "baseline", "loop-program.ts")],
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
    minify: true,
    bytecode: true,
    format: "esm",
    splitting: true,
  });
  if (!built.success) throw new Error("The baseline does not compile");
  return outfile;
}
