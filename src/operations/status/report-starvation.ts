import { z } from "zod";
import { starvation, type QueuePressure } from "#domain/schedule/starvation.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import { defineOperation } from "#operations/operation.ts";

const Pressure = z.object({
  name: z.string(),
  waiting: z.int(),
  oldest_at: IsoTime.optional(),
  /** Came in the window. */
  arrivals: z.int(),
  /** Were claimed (projects) or left (lanes) in the window. */
  drains: z.int(),
  starved: z.boolean(),
  floods: z.boolean(),
});

/** Default window: what a week's planning looks back on. Milliseconds. */
const WINDOW_MS = 7 * 86_400_000;

export const reportStarvation = defineOperation({
  name: "starvation",
  summary: "Show what waits too long, and what fills faster than it drains.",
  description:
    "A queue is starved when its oldest item has waited two weeks, twice the patience of the lowest priority.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    window: z.int().positive().default(WINDOW_MS).meta({ cli: "duration" }).describe("How far to look back"),
  }),
  output: z.object({ projects: z.array(Pressure), lanes: z.array(Pressure) }),
  errors: [],
  examples: [
    { command: "sluice starvation", does: "Look at the last week" },
    { command: "sluice starvation --window 30d", does: "Look at the last month" },
  ],
  run: async ({ store }, { window }) => {
    const now = await store.now();
    const { projects, lanes } = await store.claims.pressure({ sinceMs: now - window });
    return { projects: pressureView(projects, now), lanes: pressureView(lanes, now) };
  },
});

function pressureView(queues: readonly QueuePressure[], now: number): z.input<typeof Pressure>[] {
  const { starved, floods } = starvation(queues, now);
  return queues.map(({ name, waiting, oldestAt, arrivals, drains }) => ({
    name,
    waiting,
    ...(oldestAt === null ? {} : { oldest_at: isoTime(oldestAt) }),
    arrivals,
    drains,
    starved: starved.includes(name),
    floods: floods.includes(name),
  }));
}
