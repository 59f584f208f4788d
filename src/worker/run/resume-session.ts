import { sessionToResume } from "#domain/run/session-to-resume.ts";
import type { RunnerResult, TokenUsage } from "#operations/ports/launcher.ts";
import { resumesSessions } from "#operations/ports/runner-spec.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { AgentRun } from "./run-context.ts";

/** An earlier run whose session can go on. */
export type FormerRun = Run & { readonly sessionId: string };

/**
 * The run whose session this one goes on with; undefined: a new session.
 * @param earlier ended runs of the item, newest first
 */
export function formerRun({ runner, session }: AgentRun, earlier: readonly Run[]): FormerRun | undefined {
  if (!resumesSessions(runner.spec)) return undefined;
  const former = sessionToResume(earlier, { runner: runner.name, host: session.deps.host });
  if (former === undefined || former.sessionId === null) return undefined;
  return { ...former, sessionId: former.sessionId };
}

/** The program ended by itself before the session went on: it does not know the session, or cannot read it any more. */
export function isSessionGone({ ending, sessionId }: RunnerResult): boolean {
  return sessionId === undefined && (ending === "failed" || ending === "runner_failed");
}

type Spent = Pick<RunnerResult, "usage" | "costUsd">;

/**
 * What this run alone spent. A program that goes on with a session counts from where that began: what its earlier runs told is taken
 * off, unless they told more than it does now.
 */
export function spentByRun(told: Spent, sessionId: string | undefined, earlier: readonly Run[]): Spent {
  const before = earlier.filter((run) => run.sessionId !== null && run.sessionId === sessionId);
  const costBefore = before.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
  const { usage, costUsd } = told;
  return {
    usage: usage && before.reduce((rest, run) => minus(rest, run.usage), usage),
    costUsd: costUsd === undefined || costUsd < costBefore ? costUsd : costUsd - costBefore,
  };
}

function minus(told: TokenUsage, before: TokenUsage | null): TokenUsage {
  if (before === null) return told;
  const rest = {
    inputTokens: told.inputTokens - before.inputTokens,
    outputTokens: told.outputTokens - before.outputTokens,
    cacheReadTokens: told.cacheReadTokens - before.cacheReadTokens,
    cacheWriteTokens: told.cacheWriteTokens - before.cacheWriteTokens,
  };
  return Object.values(rest).every((tokens) => tokens >= 0) ? rest : told;
}
