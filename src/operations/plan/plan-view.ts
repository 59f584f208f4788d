import { z } from "zod";
import { runRef } from "#domain/ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import type { Plan } from "#operations/ports/store/item-store.ts";

/** One version of a plan; versions never change. */
export const PlanView = z.lazy(() =>
  z.object({
    version: z.int(),
    body: z.string(),
    actor: z.string(),
    at: IsoTime,
    run: z.string().optional(),
  }),
);

export function planView({ version, body, actor, at, runId }: Plan): z.input<typeof PlanView> {
  return { version, body, actor, at: isoTime(at), run: runId === null ? undefined : runRef(runId) };
}
