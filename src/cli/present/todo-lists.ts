import type { Presenter, View } from "./presenter.ts";
import { listIn, textIn, valueIn } from "./read-json.ts";
import { safeLine } from "./safe-text.ts";
import { tableLines, type Column } from "./table.ts";

const ENTRIES: readonly Column[] = [
  { title: "REF", path: ["item", "candidate"], as: "ref" },
  { title: "TITLE", path: "title", as: "flex" },
  { title: "STATE", path: ["state", "reason"] },
  { title: "FROM", path: "file", as: "dim", text: (row) => `${textIn(row, "file")}:${textIn(row, "line")}` },
];

/** What an import filed at the gate, and how much of it was there already. */
export const importedList: Presenter = (output, view) => {
  const imported = listIn(output, "imported");
  const skipped = listIn(output, "skipped");
  const problems = listIn(output, "problems").map((one) =>
    view.paint.yellow(placed(one, textIn(one, "message"))),
  );
  const filed = imported.length === 0 ? ["Nothing new was filed."] : tableLines(imported, ENTRIES, view);
  return [...filed, ...counts(skipped, view), ...problems].join("\n");
};

function counts(skipped: readonly unknown[], { paint }: View): readonly string[] {
  const reasons = [...new Set(skipped.map((one) => textIn(one, "reason")))];
  const parts = reasons.map(
    (reason) => `${skipped.filter((one) => textIn(one, "reason") === reason).length} ${safeLine(reason)}`,
  );
  return parts.length === 0 ? [] : [paint.dim(`Left out: ${parts.join(", ")}`)];
}

/** Each file that was looked at, and where it and an item both changed. */
export const exportedList: Presenter = (output, { paint }) =>
  listIn(output, "files")
    .flatMap((file) => {
      const entries = textIn(file, "entries");
      const what = valueIn(file, "changed") === true ? `${entries} entries changed` : "up to date";
      const conflicts = listIn(file, "conflicts").map((one) => {
        const [item, field, line] = ["item", "field", "line"].map((key) => safeLine(textIn(one, key)));
        return paint.yellow(
          `  line ${line}: ${item} ${field} changed here and there; the file keeps its own`,
        );
      });
      return [`${paint.bold(safeLine(textIn(file, "path")))}  ${safeLine(what)}`, ...conflicts];
    })
    .join("\n") || "No file was given.";

function placed(row: unknown, text: string): string {
  return safeLine(`${textIn(row, "file")}:${textIn(row, "line")}: ${text}`);
}
