import type { Paint } from "./paint.ts";
import type { Presenter, View } from "./presenter.ts";
import { cells, cutCells, padCells } from "./fit.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

export interface Column<Row> {
  readonly title: string;
  /** What a row shows there; undefined is an empty cell. */
  readonly text: (row: Row) => string | number | undefined;
  /** `ref` is bold, `time` is an ISO time shown as its distance from now, `flex` gives way when the terminal is narrow. */
  readonly as?: "ref" | "time" | "flex" | "dim";
}

interface TableOptions<A, Row> {
  readonly rows: (answer: A) => readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What to say, and what to do next, when there is no row. */
  readonly empty: string | ((answer: A) => string);
  /** The cursor of the page after this one. */
  readonly next?: (answer: A) => string | null;
}

/** Cells between two columns. */
const GAP = "  ";
/** A narrow terminal still shows this much of a title. */
const LEAST_FLEX = 12;

/** Shows a list, one line per row; columns that are empty in every row are left out. */
export function table<A, Row>({ rows, columns, empty, next }: TableOptions<A, Row>): Presenter<A> {
  return (answer, view) => {
    const found = rows(answer);
    if (found.length === 0) return typeof empty === "string" ? empty : empty(answer);
    const more = next?.(answer) ?? undefined;
    const hint = more === undefined ? [] : [view.paint.dim(`More: add --cursor ${safeLine(more)}`)];
    return [...tableLines(found, columns, view), ...hint].join("\n");
  };
}

export function tableLines<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  view: View,
): readonly string[] {
  const texts = rows.map((row) => columns.map((column) => cellText(row, column, view.now)));
  const used = columns
    .map((column, index) => ({ column, index }))
    .filter(({ index }) => texts.some((row) => row[index] !== ""));
  const widths = fitted(
    used.map(({ column, index }) => ({
      isFlex: column.as === "flex",
      width: Math.max(cells(column.title), ...texts.map((row) => cells(row[index] ?? ""))),
    })),
    view.width,
  );
  const line = (parts: readonly string[]) => parts.join(GAP).trimEnd();
  const head = used.map(({ column }, at) => view.paint.dim(padCells(column.title, widths[at] ?? 0)));
  const body = texts.map((row) =>
    line(used.map(({ column, index }, at) => cell(row[index] ?? "", column.as, widths[at] ?? 0, view.paint))),
  );
  return [line(head), ...body];
}

function cellText<Row>(row: Row, { text, as }: Column<Row>, now: number): string {
  const value = String(text(row) ?? "");
  return safeLine(as === "time" ? relativeTime(value, now) : value);
}

function cell(text: string, as: Column<never>["as"], width: number, paint: Paint): string {
  const padded = padCells(cutCells(text, width), width);
  if (as === "ref") return paint.bold(padded);
  return as === "dim" || as === "time" ? paint.dim(padded) : padded;
}

function fitted(
  columns: readonly { readonly isFlex: boolean; readonly width: number }[],
  limit: number | undefined,
): readonly number[] {
  const total = columns.reduce((sum, { width }) => sum + width, GAP.length * (columns.length - 1));
  const over = limit === undefined ? 0 : Math.max(0, total - limit);
  return columns.map(({ isFlex, width }) =>
    isFlex ? Math.max(Math.min(LEAST_FLEX, width), width - over) : width,
  );
}
