import { afterEach, setDefaultTimeout } from "bun:test";
import { type BenchOptions, openWorkerBench, type WorkerBench } from "./worker-bench.ts";

/** Dozens of real programs per test, on a machine that may be busy: a limit for what hangs, not for what is slow. */
const TEST_LIMIT_MS = 60_000;

/** Opens benches that are closed after each test of the file. */
export function openBenches(): (options?: BenchOptions) => Promise<WorkerBench> {
  setDefaultTimeout(TEST_LIMIT_MS);
  const open: WorkerBench[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  return async (options) => {
    const made = await openWorkerBench(options);
    open.push(made);
    return made;
  };
}
