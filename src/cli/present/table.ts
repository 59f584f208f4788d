import type { Paint } from "./paint.ts";
import type { Presenter, View } from "./presenter.ts";
import { cells, cutCells, padCells } from "./fit.ts";
import { listIn, textIn, valueIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

export interface Column {
  readonly title: string;
  /** Dotted path in a row; the first of several that is present. */
  readonly path: string | readonly string[];
  /** `ref` is bold, `time` is relative to now, `flex` gives way when the terminal is narrow. */
  readonly as?: "ref" | "time" | "flex" | "dim";
  /** Makes the text from the whole row, where a path is not enough. */
  readonly text?: (row: unknown) => string;
}

interface TableOptions {
  /** Dotted path of the rows. */
  readonly rows: string;
  readonly columns: readonly Column[];
  /** What to say, and what to do next, when there is no row. */
  readonly empty: string | ((output: unknown) => string);
}

/** Cells between two columns. */
const GAP = "  ";
/** A narrow terminal still shows this much of a title. */
const LEAST_FLEX = 12;

/** Shows a list, one line per row; columns that are empty in every row are left out. */
export function table({ rows, columns, empty }: TableOptions): Presenter {
  return (output, view) => {
    const found = listIn(output, rows);
    if (found.length === 0) return typeof empty === "string" ? empty : empty(output);
    const more = textIn(output, "page.next");
    const hint = more === "" ? [] : [view.paint.dim(`More: add --cursor ${safeLine(more)}`)];
    return [...tableLines(found, columns, view), ...hint].join("\n");
  };
}

export function tableLines(
  rows: readonly unknown[],
  columns: readonly Column[],
  view: View,
): readonly string[] {
  const texts = rows.map((row) => columns.map((column) => cellText(row, column, view.now)));
  const used = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => texts.some((row) => row[index] !== ""));
  const widths = fitted(
    used.map(({ column, index }) => ({
      column,
      width: Math.max(cells(column.title), ...texts.map((row) => cells(row[index] ?? ""))),
    })),
    view.width,
  );
  const line = (parts: readonly string[]) => parts.join(GAP).trimEnd();
  const head = used.map(({ column }, at) => view.paint.dim(padCells(column.title, widths[at] ?? 0)));
  const body = texts.map((row) =>
    line(used.map(({ column, index }, at) => cell(row[index] ?? "", column, widths[at] ?? 0, view.paint))),
  );
  return [line(head), ...body];
}

function cellText(row: unknown, { path, as, text: made }: Column, now: number): string {
  if (made !== undefined) return safeLine(made(row));
  const paths = typeof path === "string" ? [path] : path;
  const found = paths.find((one) => valueIn(row, one) !== undefined && valueIn(row, one) !== null) ?? "";
  const text = found === "" ? "" : textIn(row, found);
  return safeLine(as === "time" ? relativeTime(text, now) : text);
}

function cell(text: string, { as }: Column, width: number, paint: Paint): string {
  const padded = padCells(cutCells(text, width), width);
  if (as === "ref") return paint.bold(padded);
  return as === "dim" || as === "time" ? paint.dim(padded) : padded;
}

function fitted(
  columns: readonly { readonly column: Column; readonly width: number }[],
  limit: number | undefined,
): readonly number[] {
  const total = columns.reduce((sum, { width }) => sum + width, GAP.length * (columns.length - 1));
  const over = limit === undefined ? 0 : Math.max(0, total - limit);
  return columns.map(({ column, width }) =>
    column.as === "flex" ? Math.max(Math.min(LEAST_FLEX, width), width - over) : width,
  );
}
