import { counted } from "#domain/text/counted.ts";
import type { Presenter, View } from "./presenter.ts";
import { itemLine } from "./item-line.ts";
import { listIn, numberIn, objectIn, textIn, valueIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

/** What is no lane, and how to look at it. */
const LOOK_AT: Readonly<Record<string, string>> = {
  gate: "sluice gate list",
  review: "sluice item list --state review",
  landing: "sluice why REF says what to do",
  blocked: "sluice item list --state blocked",
};

/** Bare `sluice`: what needs the person, what runs, what is next. */
export const statusBoard: Presenter = (output, view) => {
  const { bold } = view.paint;
  const needs = Object.entries(objectIn(valueIn(output, "needs_you")))
    // Open questions stand in their lane already.
    .filter(([lane]) => lane !== "decisions")
    .flatMap((entry) => needLine(entry, view));
  const running = listIn(output, "running").map((run) => `  ${runLine(run, view)}`);
  const stale = staleLine(output, view);
  return [
    bold("Needs you"),
    ...(needs.length > 0 ? needs : ["  nothing"]),
    "",
    bold("Running"),
    ...(running.length > 0 ? running : ["  nothing; sluice work starts agents"]),
    "",
    bold("Ready"),
    ...readyLines(output, view),
    ...budgetLines(output, view),
    ...boundLines(output, view),
    ...(stale === undefined ? [] : ["", stale]),
  ].join("\n");
};

function needLine([lane, need]: readonly [string, unknown], view: View): readonly string[] {
  const count = typeof need === "number" ? need : (numberIn(need, "count") ?? 0);
  if (count === 0) return [];
  const oldest = relativeTime(textIn(need, "oldest_at"), view.now);
  const age = oldest === "" ? "" : view.paint.dim(`  oldest ${oldest}`);
  const overdue = numberIn(need, "overdue") ?? 0;
  const late = overdue === 0 ? "" : view.paint.yellow(`  ${overdue} overdue`);
  const next = LOOK_AT[lane] ?? `sluice item list --lane ${safeLine(lane)}`;
  const step = safeLine(textIn(need, "next"));
  return [
    `  ${view.paint.yellow(String(count).padStart(4))}  ${safeLine(lane)}${age}${late}  ${view.paint.dim(next)}`,
    ...(step === "" ? [] : [`        ${step}`]),
  ];
}

function runLine(run: unknown, view: View): string {
  const text = (path: string) => safeLine(textIn(run, path));
  const since = relativeTime(textIn(run, "started_at"), view.now);
  return [
    view.paint.bold(text("ref")),
    view.paint.bold(text("item")),
    text("title"),
    text("holder"),
    view.paint.dim(since),
  ]
    .filter((part) => part !== "")
    .join("  ");
}

function readyLines(output: unknown, view: View): readonly string[] {
  const count = numberIn(output, "ready.count") ?? 0;
  if (count === 0) return ['  nothing; add work with: sluice item add -t "…" --lane autonomous_safe'];
  const next = valueIn(output, "ready.next");
  const line =
    typeof next === "object" && next !== null ? itemLine(next, view) : safeLine(textIn(output, "ready.next"));
  return [`  ${count} ${count === 1 ? "item" : "items"}${line === "" ? "" : `, next: ${line}`}`];
}

/** What is ready of these is given to nobody. */
function budgetLines(output: unknown, view: View): readonly string[] {
  const projects = listIn(output, "over_budget").filter((alias) => typeof alias === "string");
  if (projects.length === 0) return [];
  const names = projects.map((alias) => safeLine(alias)).join(", ");
  return [view.paint.yellow(`  over budget: ${names}; sluice why says which budget, and until when`)];
}

/** What is ready and waits for its project. */
function boundLines(output: unknown, view: View): readonly string[] {
  const full = listIn(output, "at_bound").map((one) => {
    const [leases, waiting] = [numberIn(one, "max_leases") ?? 0, numberIn(one, "waiting") ?? 0];
    return `  ${waiting} more in ${safeLine(textIn(one, "project"))}, which is at its bound of ${counted(leases, "lease")}`;
  });
  const archived = numberIn(output, "archived") ?? 0;
  const put = archived === 0 ? [] : [`  ${archived} more in archived projects`];
  return [...full, ...put].map((line) => view.paint.yellow(line));
}

function staleLine(output: unknown, view: View): string | undefined {
  const count = numberIn(output, "stale.count") ?? 0;
  if (count === 0) return undefined;
  const what = count === 1 ? "1 item was" : `${count} items were`;
  return view.paint.yellow(`${what} not touched for 30 days and may not be true any more`);
}
