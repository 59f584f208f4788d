import type { LineTable } from "./line-table.ts";
import type { Block, Mask, Range } from "./markdown-block.ts";

/** A decoded text and its lines; what every reader of a TODO.md is given. */
export interface Source {
  readonly text: string;
  readonly lines: LineTable;
}

/** The text of a range without comments, with `\n` line ends, without the indentation of its container, trimmed. */
export function textOf(source: Source, range: Range, masks: readonly Mask[]): string {
  const hidden = masks.filter(
    (mask) => mask.kind === "comment" && mask.start >= range.start && mask.end <= range.end,
  );
  let visible = "";
  let from = range.start;
  for (const mask of hidden) {
    visible += source.text.slice(from, mask.start);
    from = mask.end;
  }
  visible += source.text.slice(from, range.end);
  return dedent(visible, columnOf(source, range.start)).trim();
}

/** As {@link textOf}, on one line. */
export function lineOf(source: Source, range: Range, masks: readonly Mask[]): string {
  const rows = textOf(source, range, masks).split("\n");
  return rows.map((row) => row.trim()).join(" ");
}

/** The Markdown of neighbouring blocks as written, without the indentation of their container. */
export function markdownOf(source: Source, blocks: readonly Block[]): string {
  const first = blocks[0];
  const last = blocks.at(-1);
  if (first === undefined || last === undefined) return "";
  return dedent(source.text.slice(first.start, last.end), columnOf(source, first.start)).trimEnd();
}

/** Characters between the start of the line and an offset. */
export function columnOf(source: Source, offset: number): number {
  return offset - source.lines.startOf(source.lines.lineAt(offset));
}

function dedent(text: string, column: number): string {
  const rows = text.split(/\r\n|\n|\r/);
  return rows.map((row, index) => (index === 0 ? row : withoutIndent(row, column))).join("\n");
}

function withoutIndent(row: string, column: number): string {
  const indent = row.length - row.trimStart().length;
  return row.slice(Math.min(indent, column));
}
