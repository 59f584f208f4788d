import { z } from "zod";
import { RunnerSpec } from "#operations/ports/runner-spec.ts";
import { openStore } from "#store/open-store.ts";
import { createWorker } from "#worker/create-worker.ts";
import { DEFAULT_LIMITS } from "#worker/worker-deps.ts";
import { workerDeps } from "./worker-bench.ts";

const Input = z.object({
  place: z.string(),
  home: z.string(),
  hostEnv: z.record(z.string(), z.string()),
  limits: z.record(z.string(), z.number()),
  slots: z.int(),
  runners: z.array(
    z.object({
      name: z.string(),
      spec: RunnerSpec,
      capabilities: z.array(z.string()),
    }),
  ),
});

/** A worker in a process of its own, for tests that end it at any moment. Prints one event per line. */
const { place, home, hostEnv, limits, slots, runners } = Input.parse(JSON.parse(process.argv[2] ?? ""));
const store = await openStore({ place });
const deps = workerDeps({ store, place, home, hostEnv, limits: { ...DEFAULT_LIMITS, ...limits } });
const drain = new AbortController();
const stop = new AbortController();
process.on("SIGTERM", () => drain.abort());
process.on("SIGINT", () => stop.abort());
await createWorker(deps).run({
  runners,
  slots,
  untilEmpty: true,
  drain: drain.signal,
  stop: stop.signal,
  emit: (event) => console.log(JSON.stringify(event)),
});
await store.close();
