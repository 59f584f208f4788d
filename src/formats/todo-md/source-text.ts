import type { TodoProblem } from "#operations/ports/todo-format.ts";

/** Offsets into the text: `start` included, `end` excluded. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A stretch inside running text that is no prose: a code span, raw HTML, or a comment, which alone is left out of values. */
export interface Mask extends Range {
  readonly kind: "code" | "html" | "comment";
}

/** Where the lines of a text start. A line ends with `\n`, `\r\n` or a lone `\r`, as in Markdown. */
interface LineTable {
  /** Number of lines; a text that ends with a line end has no empty last one. */
  readonly count: number;
  /** Offset of a line's first character; lines count from 1. */
  startOf(line: number): number;
  /** Offset after a line's last character, before its line end. */
  endOf(line: number): number;
  /** The line that holds an offset, from 1. */
  lineAt(offset: number): number;
  textOf(line: number): string;
}

/** A decoded text and its lines; what every reader of a TODO.md is given. */
export interface Source {
  readonly text: string;
  readonly lines: LineTable;
}

export const BYTE_ORDER_MARK = "\uFEFF";

interface DecodedText {
  readonly hasByteOrderMark: boolean;
  /** The text after the byte order mark. */
  readonly text: string;
  readonly problems: readonly TodoProblem[];
}

/** Reads UTF-8. Bytes that are none are a problem at their line, never replaced. */
export function decodeText(input: Uint8Array | string): DecodedText {
  if (typeof input === "string") {
    return input.isWellFormed()
      ? decoded(input, [])
      : decoded("", [notUtf8(input.split("\n").findIndex((line) => !line.isWellFormed()) + 1)]);
  }
  try {
    return decoded(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input), []);
  } catch {
    return decoded("", [notUtf8(firstBadLine(input))]);
  }
}

function decoded(whole: string, problems: readonly TodoProblem[]): DecodedText {
  const hasByteOrderMark = whole.startsWith(BYTE_ORDER_MARK);
  return { hasByteOrderMark, text: hasByteOrderMark ? whole.slice(1) : whole, problems };
}

function notUtf8(line: number): TodoProblem {
  return { line, message: `Line ${line} is not valid UTF-8. Save the file as UTF-8 and try again.` };
}

function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(0x0a, start);
    try {
      decoder.decode(bytes.subarray(start, newline === -1 ? bytes.length : newline));
    } catch {
      return line;
    }
    if (newline === -1) return line;
    start = newline + 1;
    line += 1;
  }
}

export function sourceOf(text: string): Source {
  const starts: number[] = [0];
  const ends: number[] = [];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) {
    ends.push(match.index);
    starts.push(match.index + match[0].length);
  }
  ends.push(text.length);
  if (starts.length > 1 && starts.at(-1) === text.length) {
    starts.pop();
    ends.pop();
  }
  const startOf = (line: number): number => starts[line - 1] ?? text.length;
  const endOf = (line: number): number => ends[line - 1] ?? text.length;
  const lines: LineTable = {
    count: starts.length,
    startOf,
    endOf,
    lineAt: (offset) => lastAtOrBefore(starts, offset) + 1,
    textOf: (line) => text.slice(startOf(line), endOf(line)),
  };
  return { text, lines };
}

function lastAtOrBefore(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The text of a range without comments, with `\n` line ends, without the indentation of its container, trimmed. */
export function textOf(source: Source, range: Range, masks: readonly Mask[] = []): string {
  let visible = "";
  let from = range.start;
  for (const mask of masks) {
    if (mask.kind !== "comment" || mask.start < from || mask.end > range.end) continue;
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

/** Characters between the start of the line and an offset. */
export function columnOf(source: Source, offset: number): number {
  return offset - source.lines.startOf(source.lines.lineAt(offset));
}

/** The text with `\n` line ends, every line but the first without so much of its indentation. */
export function dedent(text: string, column: number): string {
  const rows = text.split(/\r\n|\n|\r/);
  return rows.map((row, index) => (index === 0 ? row : withoutIndent(row, column))).join("\n");
}

function withoutIndent(row: string, column: number): string {
  const indent = row.length - row.trimStart().length;
  return row.slice(Math.min(indent, column));
}

/** Where a range ends without the white space at its end. */
export function trimmedEnd(text: string, from: number, end: number): number {
  return from + text.slice(from, Math.max(from, end)).trimEnd().length;
}

/** Measured: 20 quote markers on each of 2,000 lines parse in well under two seconds, 30 take four; people use one or two. */
const MAX_MARKERS_PER_LINE = 20;
/** Columns before a list marker: 50 levels. Measured: 100 levels cost 60 ms, 400 cost 4 s. */
const MAX_LIST_INDENT = 100;
/** Above this the parser takes seconds; a TODO.md of 100 full items has about 2,000 lines. */
const MAX_LINES = 100_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;

/** C0 and C1 control characters, DEL, and a byte order mark that is not at the start; all but tab and line ends. */
// oxlint-disable-next-line no-control-regex -- finding them is the purpose
export const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFEFF]/;

/** A line that no value may hold. */
export interface UnsafeLine extends TodoProblem {
  /** It must not reach a Markdown parser either. */
  readonly hidden: boolean;
}

/** Why a text is too large to be read. */
export function tooLarge({ text, lines }: Source): readonly TodoProblem[] {
  if (text.length <= MAX_CHARACTERS && lines.count <= MAX_LINES) return [];
  const message = `The file is larger than ${MAX_LINES.toLocaleString("en")} lines or 8 MiB. Split it into several files.`;
  return [{ line: Math.min(lines.count, MAX_LINES), message }];
}

/** At most one for each line. */
export function unsafeLines({ lines }: Source): readonly UnsafeLine[] {
  const found: UnsafeLine[] = [];
  for (let line = 1; line <= lines.count; line += 1) {
    const content = lines.textOf(line);
    const control = CONTROL.exec(content)?.[0].codePointAt(0);
    const hidden = nestsTooDeep(content);
    if (hidden) {
      const message = `Line ${line} nests deeper than ${MAX_MARKERS_PER_LINE} quotes or 50 lists. Flatten it.`;
      found.push({ line, message, hidden });
    } else if (control !== undefined) {
      const code = control.toString(16).toUpperCase().padStart(4, "0");
      found.push({ line, message: `Line ${line} has the control character U+${code}. Remove it.`, hidden });
    }
  }
  return found;
}

/** Counts the quote and list markers a line begins with; a rule such as `- - -` counts as well, which only matters past the limit. */
function nestsTooDeep(content: string): boolean {
  let markers = 0;
  let at = 0;
  for (;;) {
    const space = /^[ \t]*/.exec(content.slice(at, at + MAX_LIST_INDENT + 1))?.[0].length ?? 0;
    const marker = /^(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))/.exec(
      content.slice(at + space, at + space + 12),
    );
    if (marker === null) return space > MAX_LIST_INDENT && /^[ \t]*(?:[-*+>]|\d{1,9}[.)])/.test(content);
    markers += 1;
    if (markers > MAX_MARKERS_PER_LINE || space > MAX_LIST_INDENT) return true;
    at += space + marker[0].length;
  }
}
