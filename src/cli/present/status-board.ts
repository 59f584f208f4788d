import { counted } from "#domain/text/counted.ts";
import { itemLine } from "./whole-item.ts";
import type { Answer, Presenter, View } from "./presenter.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

type Board = Answer<"status">;

/** What is not a lane, and how to look at it. */
const LOOK_AT: Readonly<Record<string, string>> = {
  gate: "sluice gate list",
  review: "sluice item list --state review",
  landing: "sluice why REF says what to do",
  blocked: "sluice item list --state blocked",
};

/** Bare `sluice`: what needs the person, what runs, what is next. */
export const statusBoard: Presenter<Board> = (board, view) => {
  const { bold } = view.paint;
  const needs = Object.entries(board.needs_you)
    // Open questions stand in their lane already.
    .filter(([lane, { count }]) => lane !== "decisions" && count > 0)
    .flatMap((entry) => needLines(entry, view));
  const running = board.running.map((run) => `  ${runLine(run, view)}`);
  return [
    bold("Needs you"),
    ...(needs.length > 0 ? needs : ["  nothing"]),
    "",
    bold("Running"),
    ...(running.length > 0 ? running : ["  nothing; sluice work starts agents"]),
    "",
    bold("Ready"),
    readyLine(board, view),
    ...heldBack(board).map((line) => view.paint.yellow(`  ${line}`)),
    ...staleLines(board, view),
  ].join("\n");
};

function needLines([lane, need]: [string, Board["needs_you"][string]], view: View): readonly string[] {
  const { dim, yellow } = view.paint;
  const { count, oldest_at: oldest, overdue = 0, next } = need;
  const age = oldest === undefined ? "" : dim(`  oldest ${relativeTime(oldest, view.now)}`);
  const late = overdue === 0 ? "" : yellow(`  ${overdue} overdue`);
  const look = LOOK_AT[lane] ?? `sluice item list --lane ${safeLine(lane)}`;
  return [
    `  ${yellow(String(count).padStart(4))}  ${safeLine(lane)}${age}${late}  ${dim(look)}`,
    ...(next === undefined ? [] : [`        ${safeLine(next)}`]),
  ];
}

function runLine({ ref, item, title, holder, started_at: at }: Board["running"][number], view: View): string {
  const { bold, dim } = view.paint;
  const names = [bold(safeLine(ref)), bold(safeLine(item)), safeLine(title), safeLine(holder)];
  return [...names, dim(relativeTime(at, view.now))].join("  ");
}

function readyLine({ ready: { count, next } }: Board, view: View): string {
  if (count === 0) return '  nothing; add work with: sluice item add -t "…" --lane autonomous_safe';
  return `  ${counted(count, "item")}${next === undefined ? "" : `, next: ${itemLine(next, view)}`}`;
}

/** What is ready and is given to nobody: its budget is spent, its project is at its bound, or archived. */
function heldBack({ over_budget: spent, at_bound: full, archived = 0 }: Board): readonly string[] {
  const names = spent.map(safeLine).join(", ");
  return [
    ...(spent.length === 0 ? [] : [`over budget: ${names}; sluice why says which budget, and until when`]),
    ...full.map(
      ({ project, max_leases: most, waiting }) =>
        `${waiting} more in ${safeLine(project)}, which is at its bound of ${counted(most, "lease")}`,
    ),
    ...(archived === 0 ? [] : [`${archived} more in archived projects`]),
  ];
}

function staleLines({ stale: { count } }: Board, view: View): readonly string[] {
  if (count === 0) return [];
  const what = count === 1 ? "1 item was" : `${count} items were`;
  return ["", view.paint.yellow(`${what} not touched for 30 days and may not be true any more`)];
}
