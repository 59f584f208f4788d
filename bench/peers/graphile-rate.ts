import { Logger, makeWorkerUtils, run } from "graphile-worker";
import pg from "pg";
import { benchPostgres } from "../fixture/bench-postgres.ts";
import type { Peer } from "./peer.ts";

const SCHEMA = "bench_graphile";
/** It asks for work when notified, and at least this often. */
const POLL_MS = 5;

/** graphile-worker with its defaults, so many jobs at a time; one connection more than that, for its notifications. */
export async function graphileRate(connections: number): Promise<Peer> {
  const pgPool = new pg.Pool({ connectionString: await benchPostgres(), max: connections + 1 });
  pgPool.on("error", () => {});
  pgPool.on("connect", (client) => client.on("error", () => {}));
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool, schema: SCHEMA, logger });
  await utils.migrate();
  return {
    run: async (jobs, tell) => {
      await utils.addJobs(
        Array.from({ length: jobs }, (_, at) => ({ identifier: "nothing", payload: { at } })),
      );
      return await drain({ pgPool, logger, concurrency: connections, jobs, tell });
    },
    close: async () => {
      await utils.release();
      await pgPool.end();
    },
  };
}

interface Drain {
  readonly pgPool: pg.Pool;
  readonly logger: Logger;
  readonly concurrency: number;
  readonly jobs: number;
  readonly tell: ((claimMs: number) => void) | undefined;
}

/** From the first question for a job until each is completed, milliseconds; without the start of its runner. */
async function drain({ pgPool, logger, concurrency, jobs, tell }: Drain): Promise<number> {
  let left = jobs;
  let begun: number | undefined;
  const { promise, resolve } = Promise.withResolvers<number>();
  const runner = await run({
    pgPool,
    schema: SCHEMA,
    logger,
    concurrency,
    pollInterval: POLL_MS,
    noHandleSignals: true,
    taskList: { nothing: async () => {} },
    crontab: "",
  });
  const asked = new Map<string, number>();
  runner.events.on("worker:getJob:start", ({ worker }) => {
    begun ??= performance.now();
    asked.set(worker.workerId, performance.now());
  });
  runner.events.on("job:start", ({ worker }) =>
    tell?.(performance.now() - (asked.get(worker.workerId) ?? performance.now())),
  );
  runner.events.on("job:complete", () => {
    left -= 1;
    if (left === 0) resolve(performance.now());
  });
  const ended = await promise;
  await runner.stop();
  return ended - (begun ?? ended);
}
