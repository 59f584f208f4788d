import { afterEach } from "bun:test";
import { type BenchOptions, openWorkerBench, type WorkerBench } from "./worker-bench.ts";

/** Opens benches that are closed after each test of the file. */
export function openBenches(): (options?: BenchOptions) => Promise<WorkerBench> {
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
