import { rmSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import type { Outcome } from "#domain/run/outcome.ts";
import type { RunnerResult } from "#operations/ports/launcher.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { AgentRun } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";
import { saveAllWork } from "./save-work.ts";

/** Records how a run ended, and answers it as it then is. Its work is on its branch before anybody else can take the item. */
export async function endRun(
  run: AgentRun,
  end: RunEnd,
  places: readonly RunPlace[],
): Promise<Run | undefined> {
  const { options, deps } = run.session;
  const { title } = run.detail.item;
  await saveAllWork(run.session, { ref: run.name.ref, runId: run.runId, title }, places);
  try {
    await record(run, end);
  } catch (error) {
    if (!(error instanceof SluiceError) || (error.code !== "lease_lost" && error.code !== "conflict"))
      throw error;
    options.emit({ type: "stopped", ...run.name, why: error.message });
  }
  rmSync(run.folder.temp, { recursive: true, force: true });
  const { run: ended } = await deps.port.open({ host: deps.host, of: { run: run.runId } });
  const { outcome = null, reason = null } = ended ?? {};
  if (outcome !== null)
    options.emit({ type: "ended", ...run.name, outcome, ...(reason === null ? {} : { message: reason }) });
  return ended;
}

async function record(run: AgentRun, end: RunEnd): Promise<void> {
  const { deps, options } = run.session;
  if (end.kind === "recorded") return;
  if (end.kind === "lost") return options.emit({ type: "stopped", ...run.name, why: "its lease has ended" });
  await deps.port.end({ host: deps.host, run: run.runId, end });
}

/** How a claimed item's run ended, before it is recorded. */
export type RunEnd =
  /** The store knows it already: the agent reported, or somebody ended the run. */
  | { readonly kind: "recorded" }
  | { readonly kind: "lost" }
  /** The worker reports `finish` in the agent's name. */
  | { readonly kind: "finish"; readonly note: string }
  | { readonly kind: "park"; readonly outcome: Outcome; readonly note: string }
  /** Only a person can go on. */
  | { readonly kind: "block"; readonly note: string }
  | {
      readonly kind: "end";
      readonly outcome: Outcome;
      /** Undefined where the item has the same note already. */
      readonly note: string | undefined;
      /** Time until the item may be claimed; default what the outcome says. */
      readonly pauseMs?: number;
    };

interface RunFacts {
  /** Its agent reported, or somebody ended it. */
  readonly isReported: boolean;
  readonly result: RunnerResult;
  /** The operator's own program, which may know nothing of the backlog. */
  readonly isCommand: boolean;
  /** The run's branch had commits of its own when the agent ended. */
  readonly hasCommits: boolean;
  /** The worker was told to stop. */
  readonly isStopping: boolean;
}

/** What a shell exits with when the program it ran was killed (128 + 9, 128 + 15). */
const KILLED: ReadonlySet<number | undefined> = new Set([137, 143]);

/**
 * Goes by the store's record first: exit code 0 never means that the item is done. A `command` that ends well and leaves
 * commits has finished, since it may know no other way to say so; any other silence is an attempt without a result.
 */
export function decideRunEnd({ isReported, result, isCommand, hasCommits, isStopping }: RunFacts): RunEnd {
  if (isReported) return { kind: "recorded" };
  const note = result.message;
  if (isStopping) return { kind: "end", outcome: "released", note: "The worker was stopped" };
  switch (result.ending) {
    case "completed":
      if (isCommand && hasCommits) return { kind: "finish", note: "The command succeeded and left commits" };
      return { kind: "end", outcome: "unexplained", note: `It ended without a report. Last words: ${note}` };
    case "failed":
      return { kind: "end", outcome: KILLED.has(result.exitCode) ? "interrupted" : "agent_failed", note };
    case "interrupted":
    case "timed_out":
    case "stalled":
    case "runner_failed":
      return { kind: "end", outcome: result.ending, note };
  }
}
