import pg from "pg";
import { PgBoss } from "pg-boss";
import { benchPostgres } from "../fixture/bench-postgres.ts";
import type { Peer } from "./peer.ts";

const QUEUE = "work";

/** pg-boss, one job at a time in each of as many loops as it has connections. */
export async function pgBossRate(connections: number): Promise<Peer> {
  const pool = new pg.Pool({ connectionString: await benchPostgres(), max: connections });
  const db = { executeSql: (text: string, values: unknown[] = []) => pool.query(text, values) };
  const boss = new PgBoss({ db, schema: "bench_boss", supervise: false, schedule: false });
  boss.on("error", (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE);
  return {
    run: async (jobs, tell) => {
      await boss.insert(
        QUEUE,
        Array.from({ length: jobs }, (_, at) => ({ data: { at } })),
      );
      const begun = performance.now();
      await Promise.all(Array.from({ length: connections }, () => drain(boss, tell)));
      return performance.now() - begun;
    },
    close: async () => {
      await boss.stop({ graceful: false });
      await pool.end();
    },
  };
}

async function drain(boss: PgBoss, tell: ((claimMs: number) => void) | undefined): Promise<void> {
  for (;;) {
    const begun = performance.now();
    const [job] = await boss.fetch(QUEUE, { batchSize: 1 });
    if (job === undefined) return;
    tell?.(performance.now() - begun);
    await boss.complete(QUEUE, job.id);
  }
}
