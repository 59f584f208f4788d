import type { Presenter, View } from "./presenter.ts";
import { listIn, textIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

/** Who did a commit and why: the commit, then each item it belongs to. */
export const commitStory: Presenter = (output, view) => {
  const commits = listIn(output, "commits").map((commit) =>
    [...head(commit, view), ...items(commit, view)].join("\n"),
  );
  return commits.length === 0
    ? "No such commit is known. Read the repositories: sluice git scan"
    : commits.join("\n\n");
};

const text = (value: unknown, path: string): string => safeLine(textIn(value, path));

function head(commit: unknown, { paint, now }: View): readonly string[] {
  const when = relativeTime(textIn(commit, "authored_at"), now);
  return [
    `${paint.bold(text(commit, "sha").slice(0, 12))}  ${text(commit, "subject")}`,
    paint.dim(`${text(commit, "repo")}, ${text(commit, "author")}, ${when}`),
  ];
}

function items(commit: unknown, view: View): readonly string[] {
  const found = listIn(commit, "items");
  if (found.length === 0) return ["It names no item, and no run landed it."];
  return found.flatMap((item) => ["", ...itemLines(item, view)]);
}

function itemLines(item: unknown, { paint }: View): readonly string[] {
  const runner = [text(item, "holder"), text(item, "runner")].filter((part) => part !== "").join(", ");
  const run = text(item, "run");
  const facts = [
    ["landed by", run === "" ? "" : `${run} ${runner === "" ? "" : `(${runner})`}`.trim()],
    ["plan version", text(item, "plan_version")],
    ["written by", text(item, "created_by")],
    ["approved by", text(item, "approved_by")],
    ["granted by", text(item, "granted_by")],
  ] as const;
  const decisions = listIn(item, "decisions").map(
    (one) => `  decided: ${text(one, "question")} ${text(one, "answer")} (${text(one, "by")})`,
  );
  return [
    `${paint.bold(text(item, "ref"))}  ${text(item, "title")}  ${paint.dim(text(item, "state"))}`,
    ...facts.filter(([, value]) => value !== "").map(([name, value]) => `  ${name} ${value}`),
    ...decisions,
  ];
}
