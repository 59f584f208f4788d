import { z } from "zod";
import type { RunnerEvent, TerminalEvent } from "#operations/ports/launcher.ts";
import { claudeCodeEvents } from "./claude-code-events.ts";
import { jsonLine } from "./json-line.ts";
import { isSessionsFault } from "./refused-request.ts";

const Failure = z.object({
  subtype: z.string(),
  num_turns: z.number().int().default(0),
  errors: z.array(z.string()).default([]),
});

/** Grok in the form of Claude Code's events; where a session fails, it says why in a list of its own. */
export function grokEvents(line: string): readonly RunnerEvent[] {
  return claudeCodeEvents(line)
    .filter(isOfTheRun)
    .map((event) => (event.type === "ended" ? endedEvent(event, line) : event));
}

/** The servers that it tells of are the operator's too: one of those may be dead. */
const isOfTheRun = ({ type }: RunnerEvent): boolean => type !== "broken";

/** Where nobody told a price it says 0. */
function endedEvent(event: TerminalEvent, line: string): TerminalEvent {
  const told = event.costUsd === 0 ? { ...event, costUsd: undefined } : event;
  const failure = Failure.safeParse(jsonLine(line));
  if (event.success || !failure.success) return told;
  const { subtype, num_turns, errors } = failure.data;
  const message = errors.length === 0 ? event.message : errors.join("\n");
  // A limit that was set is the session's; all else broke off.
  const isOurs = subtype !== "error_during_execution" || isSessionsFault(statusIn(message), num_turns > 0);
  return { ...told, message, fault: isOurs ? "session" : "runner" };
}

/** The HTTP status in its sentence, `Unauthorized (401) from …`: it tells it nowhere else. */
function statusIn(message: string): number | undefined {
  const [, status] = /\((\d{3})\) from /.exec(message) ?? [];
  return status === undefined ? undefined : Number(status);
}
