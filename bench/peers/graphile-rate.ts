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
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ pgPool, schema: SCHEMA, logger });
  await utils.migrate();
  return {
    run: async (jobs, tell) => {
      await utils.addJobs(
        Array.from({ length: jobs }, (_, at) => ({ identifier: "nothing", payload: { at } })),
      );
      const begun = performance.now();
      await drain({ pgPool, logger, concurrency: connections, jobs, tell });
      return performance.now() - begun;
    },
    close: async () => {
      await utils.release();
      await pgPool.end();
    },
  };
}

/** Until each job is completed, not only begun. */
interface Drain {
  readonly pgPool: pg.Pool;
  readonly logger: Logger;
  readonly concurrency: number;
  readonly jobs: number;
  readonly tell: ((claimMs: number) => void) | undefined;
}

async function drain({ pgPool, logger, concurrency, jobs, tell }: Drain): Promise<void> {
  let left = jobs;
  const { promise, resolve } = Promise.withResolvers<undefined>();
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
  runner.events.on("worker:getJob:start", ({ worker }) => asked.set(worker.workerId, performance.now()));
  runner.events.on("job:start", ({ worker }) =>
    tell?.(performance.now() - (asked.get(worker.workerId) ?? performance.now())),
  );
  runner.events.on("job:complete", () => {
    left -= 1;
    if (left === 0) resolve(undefined);
  });
  await promise;
  await runner.stop();
}
