import { counted } from "#domain/text/counted.ts";
import { cells, cutCells, padCells, safeLine } from "./fit.ts";
import { itemLine } from "./whole-item.ts";
import type { Answer, Presenter, View } from "./presenter.ts";
import { keptBack } from "./queue-lines.ts";
import { relativeTime } from "#cli/duration.ts";

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
    .filter(([lane, { count }]) => lane !== "decisions" && count > 0);
  const nameCells = Math.max(0, ...needs.map(([lane]) => cells(safeLine(lane))));
  const running = board.running.map((run) => `  ${runLine(run, view)}`);
  return [
    bold("Needs you"),
    ...(needs.length > 0 ? needs.flatMap((entry) => needLines(entry, nameCells, view)) : ["  nothing"]),
    "",
    bold("Running"),
    ...(running.length > 0 ? running : ["  nothing; sluice work starts agents"]),
    "",
    bold("Ready"),
    readyLine(board, view),
    ...keptBack(board).map((line) => view.paint.yellow(`  ${line}`)),
    ...staleLines(board, view),
  ].join("\n");
};

/** `oldest 59m ago` */
const OLDEST_CELLS = 14;

/** How many, of what, since when, and how to look at them: on a line of its own where the terminal is too narrow. */
function needLines(
  [lane, need]: [string, Board["needs_you"][string]],
  nameCells: number,
  view: View,
): readonly string[] {
  const { dim, yellow } = view.paint;
  const { count, oldest_at: oldest, overdue = 0, next } = need;
  const age =
    oldest === undefined
      ? ""
      : dim(`  ${padCells(`oldest ${relativeTime(oldest, view.now)}`, OLDEST_CELLS)}`);
  const late = overdue === 0 ? "" : yellow(`  ${overdue} overdue`);
  const look = LOOK_AT[lane] ?? `sluice item list --lane ${safeLine(lane)}`;
  const head = `  ${yellow(String(count).padStart(4))}  ${padCells(safeLine(lane), nameCells)}${age}${late}`;
  const fits = cells(head) + 2 + cells(look) <= (view.width ?? Number.POSITIVE_INFINITY);
  return [
    ...(fits ? [`${head}  ${dim(look)}`] : [head, `        ${dim(look)}`]),
    ...(next === undefined ? [] : [`        ${safeLine(next)}`]),
  ];
}

function runLine(run: Board["running"][number], { paint, width, now }: View): string {
  const [ref, item, holder] = [run.ref, run.item, run.holder].map((text) => safeLine(text));
  const { check_began_at: checkBegan, started_at: started } = run;
  const since =
    checkBegan === undefined
      ? relativeTime(started, now)
      : `its check began ${relativeTime(checkBegan, now)}`;
  const others = cells(`  ${ref}  ${item}    ${holder}  ${since}`);
  const title = cutCells(safeLine(run.title), (width ?? Number.POSITIVE_INFINITY) - others);
  return [paint.bold(ref ?? ""), paint.bold(item ?? ""), title, holder, paint.dim(since)].join("  ");
}

function readyLine({ ready: { count, next } }: Board, view: View): string {
  if (count === 0) return '  nothing; add work with: sluice item add -t "…" --lane autonomous_safe';
  if (next === undefined) return `  ${counted(count, "item")}`;
  const start = `  ${counted(count, "item")}, next: `;
  return (
    start +
    itemLine(next, { ...view, width: view.width === undefined ? undefined : view.width - cells(start) })
  );
}

function staleLines({ stale: { count } }: Board, view: View): readonly string[] {
  if (count === 0) return [];
  const what = count === 1 ? "1 item was" : `${count} items were`;
  return ["", view.paint.yellow(`${what} not touched for 30 days and may be outdated`)];
}

/** What the kinds are called where their word is not enough. */
const KIND: Readonly<Record<string, string>> = { landing: "to land", silent: "no sign of life" };
/** What a sweep goes through. */
const SWEPT = ["gate", "decision", "review", "triage"] as const;
const KIND_CELLS = 15;
const AGE_CELLS = 4;

/** Two lines an entry: since when, what kind, what it is; and what is asked, or what to do. */
export const inboxLines: Presenter<Answer<"inbox">> = ({ entries, counts }, view) => {
  if (entries.length === 0) return "Nothing waits for you.";
  const { bold, dim, yellow } = view.paint;
  const width = view.width ?? Number.POSITIVE_INFINITY;
  const lines = entries.flatMap(({ kind, ref, title, since, overdue, what, next }) => {
    const name = padCells(KIND[kind] ?? kind, KIND_CELLS);
    const age = padCells(relativeTime(since, view.now).replace(/ ago$/, ""), AGE_CELLS);
    const late = overdue ? `  ${yellow("overdue")}` : "";
    const used = cells(`${age}  ${name}  ${ref}  ${overdue ? "  overdue" : ""}`);
    const head = `${dim(age)}  ${name}  ${bold(safeLine(ref))}  ${cutCells(safeLine(title), width - used)}${late}`;
    const pad = " ".repeat(AGE_CELLS + 2);
    const more = [what, next].filter((text) => text !== undefined);
    return [head, ...more.map((text) => pad + dim(cutCells(safeLine(text), width - pad.length)))];
  });
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const rest = total - entries.length;
  const swept = SWEPT.reduce((sum, kind) => sum + (counts[kind] ?? 0), 0);
  return [
    ...lines,
    ...(rest > 0 ? [`${rest} more: sluice inbox --limit ${Math.min(total, 500)}`] : []),
    ...(swept > 1 ? [`Decide ${swept} of these one by one with: sluice sweep`] : []),
  ].join("\n");
};
