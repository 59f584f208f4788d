import type { Paint, Presenter, View } from "./presenter.ts";
import { cells, cutCells, padCells, safeLine } from "./fit.ts";
import { relativeTime } from "#cli/duration.ts";

export interface Column<Row> {
  readonly title: string;
  /** What a row shows there; undefined is an empty cell. */
  readonly text: (row: Row) => string | number | undefined;
  /** `ref` is bold, `time` is an ISO time shown as its distance from now, `flex` gives way first when the terminal is narrow. */
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
/** A narrow terminal still shows this much of a column. */
const LEAST_WIDTH = 8;

/**
 * Shows a list, one line per row. Columns that are empty in every row are left out, and on a terminal those that say the same in every
 * row: they would take the room of what differs.
 */
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
    .filter(({ column, index }) => {
      const values = new Set(texts.map((row) => row[index] ?? ""));
      const tells = values.size > 1 || texts.length === 1 || view.width === undefined || column.as === "ref";
      return tells && [...values].some((value) => value !== "");
    });
  const widths = fitted(
    used.map(({ column, index }) => ({
      as: column.as,
      width: Math.max(cells(column.title), ...texts.map((row) => cells(row[index] ?? ""))),
    })),
    view.width,
  );
  const line = (parts: readonly string[]) => parts.join(GAP).trimEnd();
  const head = used.map(({ column }, at) => cell(column.title, "dim", widths[at] ?? 0, view.paint));
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

/** The width of each column: the widest gives way first, `flex` before all others; a ref is never cut. */
function fitted(
  columns: readonly { readonly as: Column<never>["as"]; readonly width: number }[],
  limit: number | undefined,
): readonly number[] {
  const widths = columns.map(({ width }) => width);
  const gaps = GAP.length * (columns.length - 1);
  let over = limit === undefined ? 0 : widths.reduce((sum, width) => sum + width, gaps) - limit;
  for (const isFlex of [true, false]) {
    const giving = columns.flatMap(({ as }, at) => (as !== "ref" && (as === "flex") === isFlex ? [at] : []));
    while (over > 0) {
      const widest = giving.reduce((best, at) => Math.max(best, widths[at] ?? 0), 0);
      if (widest <= LEAST_WIDTH) break;
      const at = giving.find((one) => widths[one] === widest) ?? 0;
      widths[at] = widest - 1;
      over -= 1;
    }
  }
  return widths;
}
