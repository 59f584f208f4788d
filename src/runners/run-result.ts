import type { RunnerEvent, RunnerResult } from "#operations/ports/launcher.ts";
import type { EventSummary, RunnerAdapter, Verdict } from "./adapter.ts";
import type { Ended, StopCause } from "./supervise.ts";

/** Room for an agent's closing words; more is in the log. */
const MESSAGE_MAX_CHARS = 4_000;

export const NO_EVENTS: EventSummary = { denials: [] };

/** Keeps of one event what the result needs. */
export function withEvent(summary: EventSummary, event: RunnerEvent): EventSummary {
  switch (event.type) {
    case "session":
      // A turn of its own after the last word (a background task reported): the word to come is the last.
      return {
        ...summary,
        sessionId: event.sessionId,
        runnerVersion: event.runnerVersion,
        terminal: undefined,
      };
    case "message":
      return { ...summary, lastMessage: event.text };
    case "denied":
      return { ...summary, denials: [...summary.denials, event.tool] };
    case "ended":
      return { ...summary, terminal: event, denials: event.denials ?? summary.denials };
    case "tool":
    case "retry":
    case "broken":
      return summary;
  }
}

/**
 * How the run ended. The order is the rule: a program that never started or was found broken; then its own last word,
 * even if it had to be ended afterwards; then what was done to it from here; then a signal from elsewhere; and only
 * last, the exit code.
 */
export function runResult(
  adapter: RunnerAdapter,
  ended: Ended,
  summary: EventSummary,
  stderrTail: string,
): Omit<RunnerResult, "logBytes"> {
  const { ending, message } = verdict(adapter, ended, summary, stderrTail);
  const terminal = summary.terminal;
  return {
    ending,
    message: message.length > MESSAGE_MAX_CHARS ? `${message.slice(0, MESSAGE_MAX_CHARS - 1)}…` : message,
    exitCode: ended.exitCode,
    signal: ended.signal,
    terminalEvent: terminal !== undefined,
    usage: terminal?.usage,
    costUsd: terminal?.costUsd,
    sessionId: summary.sessionId,
    denials: summary.denials.length === 0 ? undefined : summary.denials,
    runnerVersion: summary.runnerVersion,
    survivorsEnded: ended.survivorsEnded,
    survivors: ended.survivors.length === 0 ? undefined : ended.survivors,
    processesLeft: ended.processesLeft === 0 ? undefined : ended.processesLeft,
  };
}

function verdict(adapter: RunnerAdapter, ended: Ended, summary: EventSummary, stderrTail: string): Verdict {
  if (ended.spawnError !== undefined) {
    return { ending: "runner_failed", message: `The runner could not be started: ${ended.spawnError}` };
  }
  if (ended.cause?.kind === "broken") return { ending: "runner_failed", message: ended.cause.reason };
  if (summary.terminal !== undefined) return terminalVerdict(summary.terminal);
  if (ended.cause !== undefined) return causeVerdict(ended.cause);
  if (ended.signal !== undefined || ended.exitCode === undefined) {
    return {
      ending: "interrupted",
      message: `The runner was ended by ${ended.signal ?? "an unknown signal"}`,
    };
  }
  return adapter.classifyExit({ exitCode: ended.exitCode, stderrTail }, summary);
}

function terminalVerdict(terminal: NonNullable<EventSummary["terminal"]>): Verdict {
  if (terminal.success) return { ending: "completed", message: terminal.message };
  return { ending: terminal.fault === "runner" ? "runner_failed" : "failed", message: terminal.message };
}

function causeVerdict(cause: StopCause): Verdict {
  switch (cause.kind) {
    case "timed_out":
      return { ending: "timed_out", message: "The runner was ended: it ran longer than its time-out" };
    case "stalled":
      return {
        ending: "stalled",
        message: "The runner was ended: it gave no sign of life for its stall limit",
      };
    case "stopped":
      return { ending: "interrupted", message: `The runner was stopped: ${cause.reason}` };
    case "broken":
      return { ending: "runner_failed", message: cause.reason };
    case "lingered":
      // Follows a terminal event only, which has been read before.
      return { ending: "interrupted", message: "The runner reported its end but did not exit" };
  }
}
