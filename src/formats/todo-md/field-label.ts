import { type FieldName, fieldNamed } from "./field-names.ts";
import type { ParagraphBlock, Range } from "./markdown-block.ts";
import type { Source } from "./source-text.ts";

/** A field label at the start of a line, and the value that follows it up to the next label or the paragraph's end. */
export interface Label {
  readonly name: FieldName;
  readonly bold: boolean;
  /** Where the label starts. */
  readonly start: number;
  /** The value as far as it stands in the paragraph; may be empty. */
  readonly value: Range;
}

interface Match {
  readonly name: FieldName;
  readonly bold: boolean;
  readonly length: number;
}

/** No label is longer; keeps the match of one line cheap. */
const MAX_LABEL = 80;
const BOLD = /^(\*{1,3}|_{1,3})(\p{L}[\p{L} /&'’-]{0,40})(:?)\1(?:[ \t]*(:|[-–—](?=[ \t]|$)))?[ \t]*/u;
const PLAIN = /^(\p{L}[\p{L} /&'’-]{0,40}?)(:(?=[ \t]|$)|[ \t]+[-–—](?=[ \t]|$))[ \t]*/u;

/**
 * The labels of a paragraph, in order. Lines that start inside a code span or HTML have none. After a line that is no label, a
 * label that is not bold needs a capital and a colon, so that wrapped prose is not torn apart.
 */
export function labelsIn(source: Source, paragraph: ParagraphBlock, boldOnly = false): readonly Label[] {
  const found: { readonly start: number; readonly match: Match }[] = [];
  const first = source.lines.lineAt(paragraph.start);
  const last = source.lines.lineAt(Math.max(paragraph.start, paragraph.end - 1));
  for (let line = first; line <= last; line += 1) {
    const start = line === first ? paragraph.start : firstInk(source, line);
    if (paragraph.masks.some((mask) => mask.start <= start && start < mask.end)) continue;
    const row = source.text.slice(
      start,
      Math.min(source.lines.endOf(line), paragraph.end, start + MAX_LABEL),
    );
    const match = labelAt(row);
    if (match === undefined || (boldOnly && !match.bold)) continue;
    const afterProse = line !== first && found.length === 0;
    if (match.bold || !afterProse || /^\p{Lu}[^:–—]*:/u.test(row)) found.push({ start, match });
  }
  return found.map(({ start, match }, index) => {
    const next = found[index + 1]?.start;
    const from = start + match.length;
    const end = trimmedEnd(source.text, from, next ?? paragraph.end);
    return { name: match.name, bold: match.bold, start, value: { start: from, end } };
  });
}

/** A heading such as `Trigger: when it breaks`: the label and where its value starts. */
export function labelAt(row: string): Match | undefined {
  const bold = BOLD.exec(row);
  if (bold?.[2] !== undefined) {
    const name = fieldNamed(bold[2], true);
    const separated = bold[3] !== "" || bold[4] !== undefined || bold[0].length === row.trimEnd().length;
    return name === undefined || !separated ? undefined : { name, bold: true, length: bold[0].length };
  }
  const plain = PLAIN.exec(row);
  const name = plain?.[1] === undefined ? undefined : fieldNamed(plain[1], false);
  return name === undefined || plain === null ? undefined : { name, bold: false, length: plain[0].length };
}

function firstInk(source: Source, line: number): number {
  const row = source.lines.textOf(line);
  return source.lines.startOf(line) + (row.length - row.trimStart().length);
}

function trimmedEnd(text: string, from: number, end: number): number {
  return Math.max(from, from + text.slice(from, end).trimEnd().length);
}
