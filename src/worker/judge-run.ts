import type { RunnerResult } from "#operations/ports/launcher.ts";
import type { RunEnd } from "./run-end.ts";
import type { Run } from "#operations/ports/store/run-store.ts";

export interface RunFacts {
  readonly record: Run;
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
 * Judges by the store's record first: exit code 0 never means that the item is done. A `command` that ends well and leaves
 * commits has finished, since it may know no other way to say so; any other silence is an attempt without a result.
 */
export function judgeRun({ record, result, isCommand, hasCommits, isStopping }: RunFacts): RunEnd {
  if (record.endedAt !== null || record.reported !== null) return { kind: "recorded" };
  const note = result.message;
  if (isStopping) return { kind: "end", outcome: "released", note: "The worker was stopped" };
  switch (result.ending) {
    case "completed":
      if (isCommand && hasCommits) return { kind: "finish", note: "The command ended well and left commits" };
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
