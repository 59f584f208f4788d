import { OUTCOMES, type Outcome } from "./outcome.ts";

/** What is asked of a run to know whether its session may go on. */
interface FormerRun {
  readonly runner: string | null;
  readonly host: string | null;
  readonly sessionId: string | null;
  /** Id of the run whose session went on in this one. */
  readonly resumes: number | null;
  readonly outcome: Outcome | null;
}

/** Ends after which an agent knows more than a new one would: it was cut off, or it waited for an answer. */
const GOES_ON: ReadonlySet<Outcome | null> = new Set<Outcome>([
  "interrupted",
  "expired",
  "released",
  "blocked",
  "asked",
]);

/** With these the agent had the last word: what comes next does not repeat it. */
const REPORTED: ReadonlySet<Outcome | null> = new Set<Outcome>(["blocked", "asked"]);

/** One that is cut off each time may be what cuts it off; three also outlast an API that is down for a while. */
const MOST_RESUMPTIONS = 3;

/** What a program may be given as an argument: never an option, never a path. */
const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;

/**
 * The earlier run of an item whose session a new run of this runner goes on with. Undefined where another was at it since, where it
 * ended in a way that calls for a fresh look, or where the session was resumed three times without a report.
 * @param earlier ended runs of the item, newest first
 */
export function sessionToResume<R extends FormerRun>(
  earlier: readonly R[],
  { runner, host }: { readonly runner: string; readonly host: string },
): R | undefined {
  const last = earlier.find((run) => !toldNothing(run));
  if (last === undefined || last.runner !== runner || last.host !== host) return undefined;
  if (last.sessionId === null || !SESSION_ID.test(last.sessionId) || !GOES_ON.has(last.outcome))
    return undefined;
  return resumptions(earlier, last.sessionId) < MOST_RESUMPTIONS ? last : undefined;
}

/** It ended before its agent could do anything to the item. */
function toldNothing({ sessionId, outcome }: FormerRun): boolean {
  if (outcome === null) return false;
  if (OUTCOMES[outcome] === "fault") return true;
  return sessionId === null && (outcome === "released" || outcome === "interrupted" || outcome === "expired");
}

/** How often this session has gone on since its agent reported. */
function resumptions(earlier: readonly FormerRun[], sessionId: string): number {
  const of = earlier.filter((run) => run.sessionId === sessionId);
  const reported = of.findIndex(({ outcome }) => REPORTED.has(outcome));
  const since = reported < 0 ? of : of.slice(0, reported);
  return since.filter(({ resumes }) => resumes !== null).length;
}
