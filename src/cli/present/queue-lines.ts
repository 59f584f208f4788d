import { counted } from "#domain/text/counted.ts";
import type { Answer } from "./presenter.ts";
import { relativeTime } from "#cli/duration.ts";
import { safeLine } from "./fit.ts";

type Queue = Answer<"project.show">["queue"];

/** What is in a queue and why it is not claimed, one line for each count that is not 0. */
export function queueLines(queue: Queue, now: number): readonly string[] {
  const { waiting_on_humans: lanes, next_due_at: due } = queue;
  const counts: readonly (readonly [count: number, what: string])[] = [
    [queue.ready, "ready"],
    [queue.leased, "claimed"],
    ...Object.entries(lanes).map(
      ([lane, count]) => [count, `in ${lane}, for a person: sluice item list --lane ${lane}`] as const,
    ),
    [queue.at_gate, "at the gate, for a person: sluice gate list"],
    [queue.in_review, "in review: sluice item list --state review"],
    [queue.blocked, "blocked: sluice item list --state blocked"],
    [queue.held, "held, because a claimed item works on the same paths"],
    [queue.timed, `asleep${due === undefined ? "" : `; the next is due ${relativeTime(due, now)}`}`],
  ];
  return [
    ...counts.filter(([count]) => count > 0).map(([count, what]) => safeLine(`${count} ${what}`)),
    ...queue.paused.map((pause) => pauseLine(pause, now)),
    ...keptBack(queue),
  ];
}

function pauseLine({ scope, name, by, at, reason }: Queue["paused"][number], now: number): string {
  const what = scope === "workspace" ? "everything" : `${scope} ${name}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  return safeLine(`paused ${relativeTime(at, now)} by ${by}, ${what}${why}`);
}

/** What is ready and is given to nobody: its budget is spent, its project is at its bound, or archived. */
export function keptBack({
  over_budget: spent,
  at_bound: full,
  archived = 0,
}: Pick<Answer<"status">, "archived" | "over_budget" | "at_bound">): readonly string[] {
  return [
    ...(spent.length === 0
      ? []
      : [`over budget: ${spent.join(", ")}; sluice why says which budget, and until when`]),
    ...full.map(
      ({ project, max_leases: most, waiting }) =>
        `${waiting} more in ${project}, which is at its limit of ${counted(most, "lease")}`,
    ),
    ...(archived === 0 ? [] : [`${archived} more in archived projects`]),
  ].map((line) => safeLine(line));
}
