import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { runRef, parseRef } from "#domain/ref.ts";
import { isoTime, IsoTime } from "#operations/iso-time.ts";
import type { RefOf } from "#operations/item/item-ref.ts";
import type { Run } from "#operations/ports/store/run-store.ts";

/** One attempt at one item. Its lease id and its process marker are secrets and never shown. */
export const RunView = z.lazy(() =>
  z.object({
    ref: z.string(),
    item: z.string(),
    holder: z.string(),
    runner: z.string().optional(),
    host: z.string().optional(),
    session: z.string().optional(),
    /** The earlier run whose session went on in this one. */
    resumes: z.string().optional(),
    plan_version: z.int().optional(),
    started_at: IsoTime,
    ended_at: IsoTime.optional(),
    outcome: z.string().optional(),
    reason: z.string().optional(),
    reported: z.string().optional(),
    usage: z
      .object({
        input_tokens: z.int(),
        output_tokens: z.int(),
        cache_read_tokens: z.int(),
        cache_write_tokens: z.int(),
      })
      .optional(),
    cost_usd: z.number().optional(),
    /** How long the agent's program ran, milliseconds; without a worker, how long it held the item. */
    worked_ms: z.int().optional(),
    log_bytes: z.int().optional(),
    /** What its agent was kept in: `bubblewrap`, `pid namespace` or `marks`. */
    isolation: z.string().optional(),
    /** Since when its check runs. */
    check_began_at: IsoTime.optional(),
    repos: z.array(
      z.object({
        alias: z.string(),
        target: z.string(),
        branch: z.string().optional(),
        worktree: z.string().optional(),
        base: z.string().optional(),
        head: z.string().optional(),
      }),
    ),
  }),
);

export function runView(run: Run, refOf: RefOf): z.input<typeof RunView> {
  return {
    ref: runRef(run.id),
    item: refOf(run.itemId),
    holder: run.holder,
    runner: run.runner ?? undefined,
    host: run.host ?? undefined,
    session: run.sessionId ?? undefined,
    resumes: run.resumes === null ? undefined : runRef(run.resumes),
    plan_version: run.planVersion ?? undefined,
    started_at: isoTime(run.startedAt),
    ended_at: isoTime(run.endedAt),
    outcome: run.outcome ?? undefined,
    reason: run.reason ?? undefined,
    reported: run.reported ?? undefined,
    usage: usageView(run),
    cost_usd: run.costUsd ?? undefined,
    worked_ms: run.workedMs ?? undefined,
    log_bytes: run.logBytes ?? undefined,
    isolation: run.isolation ?? undefined,
    check_began_at: isoTime(run.checkBeganAt),
    repos: run.repos.map((repo) => ({
      alias: repo.alias,
      target: repo.target,
      branch: repo.branch ?? undefined,
      worktree: repo.worktree ?? undefined,
      base: repo.baseSha ?? undefined,
      head: repo.headSha ?? undefined,
    })),
  };
}

function usageView({ usage }: Run): z.input<typeof RunView>["usage"] {
  if (usage === null) return undefined;
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
  };
}

export const RunRef = z.string().max(40).describe("Ref of the run, such as R-31");

/** The number of a run. Refuses with `invalid` the ref of anything else. */
export function runIdOf(ref: string): number {
  const { kind, number } = parseRef(ref, "run");
  if (kind === "run") return number;
  throw invalidField("run", ref, "the ref of a run such as R-31");
}
