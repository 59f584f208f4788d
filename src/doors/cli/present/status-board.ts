import type { Presenter, View } from "./presenter.ts";
import { itemLine } from "./item-line.ts";
import { listIn, numberIn, objectIn, textIn, valueIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

/** Bare `sluice`: what needs the person, what runs, what is next. */
export const statusBoard: Presenter = (output, view) => {
  const { bold } = view.paint;
  const needs = Object.entries(objectIn(valueIn(output, "needs_you"))).flatMap((entry) =>
    needLine(entry, view),
  );
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
    ...(stale === undefined ? [] : ["", stale]),
  ].join("\n");
};

function needLine([lane, need]: readonly [string, unknown], view: View): readonly string[] {
  const count = typeof need === "number" ? need : (numberIn(need, "count") ?? 0);
  if (count === 0) return [];
  const oldest = relativeTime(textIn(need, "oldest_at"), view.now);
  const age = oldest === "" ? "" : view.paint.dim(`  oldest ${oldest}`);
  const next = lane === "gate" ? "sluice gate list" : `sluice item list --lane ${safeLine(lane)}`;
  return [
    `  ${view.paint.yellow(String(count).padStart(4))}  ${safeLine(lane)}${age}  ${view.paint.dim(next)}`,
  ];
}

function runLine(run: unknown, view: View): string {
  const item = valueIn(run, "item");
  const ref = textIn(run, "ref");
  const line = typeof item === "object" ? itemLine(item, view) : safeLine(textIn(run, "item"));
  const by = safeLine(textIn(run, "holder") || textIn(run, "actor") || textIn(run, "runner"));
  const since = relativeTime(textIn(run, "started_at"), view.now);
  return [view.paint.bold(safeLine(ref)), line || safeLine(textIn(run, "title")), by, view.paint.dim(since)]
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

function staleLine(output: unknown, view: View): string | undefined {
  const stale = valueIn(output, "stale");
  const count =
    typeof stale === "number" ? stale : (numberIn(stale, "count") ?? listIn(output, "stale").length);
  if (count === 0) return undefined;
  return view.paint.yellow(
    `${count} ${count === 1 ? "item" : "items"} may be stale: sluice ground checks them`,
  );
}
