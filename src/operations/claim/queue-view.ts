import { z } from "zod";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import type { FullProject, Pause, QueueSummary } from "#operations/ports/store/claim-store.ts";

export const PauseView = z.lazy(() =>
  z.object({
    scope: z.enum(["workspace", "project", "runner"]),
    name: z.string(),
    by: z.string(),
    at: IsoTime,
    reason: z.string().optional(),
  }),
);

/** A project that has as many leases as it may, and how many ready items wait for one to end. */
export const FullProjectView = z.lazy(() =>
  z.object({ project: z.string(), max_leases: z.int(), waiting: z.int() }),
);

/** Why nothing can be claimed, in counts. */
export const QueueView = z.lazy(() =>
  z.object({
    ready: z.int(),
    blocked: z.int(),
    held: z.int(),
    leased: z.int(),
    timed: z.int(),
    waiting_on_humans: z.record(z.string(), z.int()),
    at_gate: z.int(),
    in_review: z.int(),
    next_due_at: IsoTime.optional(),
    paused: z.array(PauseView),
    over_budget: z.array(z.string()),
    at_bound: z.array(FullProjectView),
    archived: z.int(),
  }),
);

export function pauseView({ scope, name, by, at, reason }: Pause): z.input<typeof PauseView> {
  return { scope, name, by, at: isoTime(at), reason: reason ?? undefined };
}

export function fullProjectView(full: FullProject): z.input<typeof FullProjectView> {
  return { project: full.alias, max_leases: full.maxLeases, waiting: full.waiting };
}

export function queueView(summary: QueueSummary): z.input<typeof QueueView> {
  return {
    ready: summary.ready,
    blocked: summary.blocked,
    held: summary.held,
    leased: summary.leased,
    timed: summary.timed,
    waiting_on_humans: { ...summary.waitingOnHumans },
    at_gate: summary.atGate,
    in_review: summary.inReview,
    next_due_at: isoTime(summary.nextDueAt),
    paused: summary.paused.map(pauseView),
    over_budget: [...summary.overBudget],
    at_bound: summary.atBound.map(fullProjectView),
    archived: summary.archived,
  };
}
