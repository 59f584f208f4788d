import { join } from "node:path";
import { z } from "zod";
import type { ClaimResult } from "./claim-result.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";
import { quantile } from "./median.ts";

const START_MS = 3_000;
const RUN_MS = 6_000;
const PROGRAM = join(import.meta.dir, "fairness-program.ts");
const Waits = z.array(z.number()).min(1);

/** Processes on one SQLite file, each claiming and finishing as fast as it can. */
export const fairness = {
  title: "Fairness between processes on one SQLite file",
  run: async (): Promise<readonly ClaimResult[]> => {
    const results: ClaimResult[] = [];
    for (const processes of [1, 4, 16]) results.push(await contend(processes));
    return results;
  },
};

async function contend(processes: number): Promise<ClaimResult> {
  const place = await sqliteFixture({ items: 100_000, variant: "zipf" });
  const begin = Date.now() + START_MS;
  const waits = await Promise.all(
    Array.from({ length: processes }, () => contender(place, begin, begin + RUN_MS)),
  );
  const all = waits.flat();
  const fair = all.length / processes;
  const least = Math.min(...waits.map((own) => own.length));
  const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
  return {
    claim: `${processes} processes: the least share`,
    measured: `${least} pairs; each p50 ${ms(quantile(all, 0.5))} ms, p99 ${ms(quantile(all, 0.99))} ms, longest ${ms(Math.max(...all))} ms`,
    against: `${Math.round(fair)} pairs, an equal share`,
    ratio: least / fair,
    ...(processes === 4 ? { limit: { atLeast: 0.5 } } : {}),
  };
}

async function contender(place: string, begin: number, end: number): Promise<readonly number[]> {
  const child = Bun.spawn([process.execPath, PROGRAM, place, `${begin}`, `${end}`], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const [text, code] = await Promise.all([child.stdout.text(), child.exited]);
  if (code !== 0) throw new Error(`A process ended with ${code}`);
  return Waits.parse(JSON.parse(text));
}
