import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { nothingReady } from "./claim-item.ts";
import { QUEUE_FIELDS, queueFilter } from "./queue-filter.ts";
import { queueView } from "./queue-view.ts";

/** Waits when nobody says how long: ten minutes, which is within the time-outs of common callers. */
const DEFAULT_TIMEOUT_MS = 10 * 60_000;
const MAX_TIMEOUT_MS = 24 * 3_600_000;
/** Between two looks: soon enough for a person, and one cheap count per second for the database. */
const POLL_MS = 1_000;

export const waitReady = defineOperation({
  name: "wait",
  summary: "Wait until something is ready.",
  effect: "read",
  authority: "view",
  toolset: "agent",
  input: z.strictObject({
    timeout: z
      .int()
      .min(0)
      .max(MAX_TIMEOUT_MS)
      .default(DEFAULT_TIMEOUT_MS)
      .describe("How long to wait at most, up to 24h")
      .meta({ cli: "duration" }),
    ...QUEUE_FIELDS,
  }),
  output: z.object({ ready: z.int().min(1) }),
  errors: ["nothing_ready", "not_found"],
  examples: [{ command: "sluice wait --timeout 10m", does: "Wait; exit code 5 when nothing came" }],
  run: async (context, input) => {
    const { store, now, sleep, signal } = context;
    const filter = await queueFilter(context, input);
    const endsAt = now() + input.timeout;
    for (;;) {
      const ready = await store.claims.countReady({ filter });
      if (ready > 0) return { ready };
      const leftMs = endsAt - now();
      if (leftMs <= 0 || signal?.aborted === true)
        throw nothingReady(queueView(await store.claims.summary({ projectIds: filter.projectIds })));
      await sleep(Math.min(POLL_MS, leftMs), signal);
    }
  },
});
