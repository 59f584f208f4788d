import { z } from "zod";
import type { Caller } from "#domain/caller.ts";
import { OUTCOMES, type Outcome } from "#domain/run/outcome.ts";
import type { Context } from "#operations/context.ts";
import { Found, recordHistory } from "#operations/git/index-repo.ts";
import { Host } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import { ISOLATIONS } from "#operations/ports/launcher.ts";
import type { Store } from "#operations/ports/store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { asHolder, asWorker, FOR_WORKERS, Pause, RunId, Text } from "./fields.ts";

const Count = z.int().nonnegative();
const Name = z.string().min(1).max(4_096);

/** What becomes known of a run while it goes on. Paths are the worker's machine's, and kept, never opened. */
const Facts = z.strictObject({
  agent: Name.optional(),
  token: z.string().max(128).optional(),
  sessionId: Name.optional(),
  resumes: RunId.optional(),
  usage: z
    .strictObject({
      inputTokens: Count,
      outputTokens: Count,
      cacheReadTokens: Count,
      cacheWriteTokens: Count,
    })
    .optional(),
  costUsd: z.number().nonnegative().optional(),
  workedMs: z.number().nonnegative().optional(),
  logPath: Name.optional(),
  logBytes: Count.optional(),
  isolation: z.enum(ISOLATIONS).optional(),
  check: z.enum(["begins", "ended"]).optional(),
  repo: z
    .strictObject({
      repoId: z.int(),
      target: Name,
      worktree: Name.optional(),
      branch: Name.optional(),
      baseSha: Name.optional(),
      headSha: Name.optional(),
    })
    .optional(),
});

const PullRequest = z.discriminatedUnion("state", [
  z.strictObject({
    state: z.literal("open"),
    repoId: z.int(),
    number: z.int().positive(),
    url: Name,
    branch: Name,
    target: Name,
  }),
  z.strictObject({ state: z.literal("closed"), id: z.int().positive() }),
]);

export const recordRun = defineOperation({
  ...FOR_WORKERS,
  name: "worker.record",
  summary: "Record facts of a run as they become known.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    run: RunId,
    facts: Facts.optional(),
    commit: Name.optional().describe("A commit on its target: evidence, once"),
    history: Found.optional().describe("The same commit, for the index"),
    pullRequest: PullRequest.optional(),
  }),
  output: z.object({}),
  run: async (context, { host, run: id, facts, commit, history, pullRequest }) => {
    await context.store.transaction(async (store) => {
      const by = asWorker(context, host);
      if (facts !== undefined) await store.runs.record({ id, ...facts });
      if (history !== undefined) await recordHistory.run({ ...context, store }, history);
      if (commit === undefined && pullRequest === undefined) return;
      const run = await store.runs.get({ id });
      if (commit !== undefined) await giveEvidence(store, { by, run, kind: "commit", value: commit });
      if (pullRequest !== undefined) await keepPullRequest(store, { by, run, pullRequest });
    });
    return {};
  },
});

interface Evidence {
  readonly by: Caller;
  readonly run: Run;
  readonly kind: "commit" | "pr";
  readonly value: string;
}

async function giveEvidence({ items }: Store, { by, run, kind, value }: Evidence): Promise<void> {
  const { evidence } = await items.get({ id: run.itemId });
  if (evidence.some((one) => one.kind === kind && one.value === value)) return;
  await items.addEvidence({ by, id: run.itemId, kind, value });
}

async function keepPullRequest(
  store: Store,
  {
    by,
    run,
    pullRequest,
  }: Pick<Evidence, "by" | "run"> & { readonly pullRequest: z.output<typeof PullRequest> },
): Promise<void> {
  const { itemId } = run;
  if (pullRequest.state === "closed")
    return await store.runs.lookedAtPullRequest({ by, id: pullRequest.id, itemId, state: "closed" });
  const { state: _, ...opened } = pullRequest;
  await store.runs.openedPullRequest({ by, runId: run.id, itemId, ...opened });
  await giveEvidence(store, { by, run, kind: "pr", value: pullRequest.url });
}

export const OutcomeField = z.string().transform((text, check): Outcome => {
  if (isOutcome(text)) return text;
  check.addIssue("an outcome of a run");
  return z.NEVER;
});
const isOutcome = (text: string): text is Outcome => Object.hasOwn(OUTCOMES, text);

/** How a run ended. What it reports itself is in its agent's name, what its worker finds in the worker's. */
const End = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("finish"), note: Text }),
  z.strictObject({ kind: z.literal("block"), note: Text }),
  z.strictObject({ kind: z.literal("park"), outcome: OutcomeField, note: Text }),
  z.strictObject({
    kind: z.literal("end"),
    outcome: OutcomeField,
    note: Text.optional(),
    pauseMs: Pause.optional().describe("Time until the item may be claimed; default what the outcome says"),
  }),
]);

export const endRun = defineOperation({
  ...FOR_WORKERS,
  name: "worker.end",
  summary: "Record how a run ended.",
  effect: "write",
  input: z.strictObject({ host: Host, run: RunId, end: End }),
  output: z.object({}),
  run: async (context, { host, run, end }) => {
    await context.store.transaction((store) => recordEnd({ ...context, store }, { host, runId: run, end }));
    return {};
  },
});

interface EndedRun {
  readonly host: string;
  readonly runId: number;
  readonly end: z.output<typeof End>;
}

async function recordEnd(context: Context, { host, runId, end }: EndedRun): Promise<void> {
  const { claims, items, runs } = context.store;
  const by = asWorker(context, host);
  const { note } = end;
  if (end.kind === "end") {
    const { outcome, pauseMs } = end;
    const notBeforeMs = pauseMs === undefined ? undefined : (await context.store.now()) + pauseMs;
    await claims.end({ by, runId, outcome, note, notBeforeMs });
    return;
  }
  const run = await runs.get({ id: runId });
  const { leaseId } = run;
  if (end.kind === "finish")
    await claims.finish({
      by: asHolder(context, host, run),
      leaseId,
      outcome: "changed",
      note: end.note,
      evidence: [],
    });
  else if (end.kind === "block")
    await claims.block({ by: asHolder(context, host, run), leaseId, note: end.note });
  else {
    const { item } = await items.get({ id: run.itemId });
    // Under the item's lease of this run: the agent's, or the one that the review got when the agent finished.
    if (item.leaseId !== null && item.leaseRunId === runId)
      await claims.park({ by, leaseId: item.leaseId, outcome: end.outcome, note: end.note });
    else await items.note({ by, id: item.id, kind: "park", body: end.note });
  }
}
