import type { Answer, Presenter, View } from "./presenter.ts";
import { safeLine } from "./fit.ts";
import { tableLines, type Column } from "./table.ts";

/** What `doctor` or `todo check` found, each with what to do where that is known. */
export const findingsList: Presenter<Answer<"doctor"> | Answer<"todo.check">> = ({ findings }, view) => {
  if (findings.length === 0) return view.paint.green("No problems found.");
  return findings
    .flatMap((finding) => [
      `${severityMark(finding.severity, view)}: ${safeLine(finding.message)}`,
      ...("hint" in finding && finding.hint !== undefined
        ? [`  ${view.paint.dim(safeLine(finding.hint))}`]
        : []),
    ])
    .join("\n");
};

/** What `doctor fix` did or would do. */
export const repairsList: Presenter<Answer<"doctor.fix">> = ({ repairs, applied }, { paint }) => {
  if (repairs.length === 0) return paint.green("Nothing to repair.");
  const head = applied ? "Repaired:" : "To repair, with --apply:";
  return [head, ...repairs.map(({ message }) => `  ${safeLine(message)}`)].join("\n");
};

type Imported = Answer<"todo.import">["imported"][number];

const IMPORTED: readonly Column<Imported>[] = [
  { title: "REF", text: ({ item, candidate }) => item ?? candidate, as: "ref" },
  { title: "TITLE", text: ({ title }) => title, as: "flex" },
  { title: "STATE", text: ({ state }) => state },
  { title: "FROM", text: ({ file, line }) => `${file}:${line}`, as: "dim" },
];

/** What an import filed at the gate, and how much of it was there already. */
export const importedList: Presenter<Answer<"todo.import">> = ({ imported, skipped, problems }, view) => {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  const left = reasons.map((reason) => `${skipped.filter((one) => one.reason === reason).length} ${reason}`);
  return [
    ...(imported.length === 0 ? ["Nothing new was filed."] : tableLines(imported, IMPORTED, view)),
    ...(left.length === 0 ? [] : [view.paint.dim(`Left out: ${left.join(", ")}`)]),
    ...problems.map((one) => view.paint.yellow(placed(one, one.message))),
  ].join("\n");
};

/** Each file that was looked at, and where it and an item both changed. */
export const exportedList: Presenter<Answer<"todo.export">> = ({ files }, { paint }) =>
  files
    .flatMap(({ path, changed, entries, conflicts, problems }) => [
      `${paint.bold(safeLine(path))}  ${changed ? `${entries} entries changed` : "up to date"}`,
      ...conflicts.map(({ line, item, field }) =>
        paint.yellow(
          safeLine(`  line ${line}: ${item} ${field} changed here and there; the file keeps its own`),
        ),
      ),
      ...problems.map(({ line, message }) =>
        paint.yellow(safeLine(`  line ${line}: not written. ${message}`)),
      ),
    ])
    .join("\n");

function severityMark(severity: "error" | "warning" | "info", { paint }: View): string {
  return severity === "error" ? paint.red(severity) : paint.yellow(severity);
}

function placed({ file, line }: { readonly file: string; readonly line: number }, text: string): string {
  return safeLine(`${file}:${line}: ${text}`);
}
