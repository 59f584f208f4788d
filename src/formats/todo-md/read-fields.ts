import type { Block, HeadingBlock, ListBlock, ListEntry, ParagraphBlock } from "./markdown-blocks.ts";
import { isComment } from "./markdown-blocks.ts";
import { type Mask, type Range, type Source, trimmedEnd } from "./source-text.ts";
import { type FieldName, boxAt, fieldNamed, PICTURES } from "./todo-words.ts";

/** How a field is written: `**Status:** open`, `- **Status:** open`, under a heading, or in a table's row. */
type FieldForm = "label" | "entry" | "heading" | "cell";

export interface FoundField {
  readonly name: FieldName;
  readonly form: FieldForm;
  readonly bold: boolean;
  /** Where its label or heading starts. */
  readonly start: number;
  /** The value on the label's own lines; empty (start = end) where there is none. */
  readonly inline: Range;
  readonly inlineMasks: readonly Mask[];
  /** The blocks after the label that belong to the value. */
  readonly blocks: readonly Block[];
  /** The top-level block (of the item) in which the label stands. */
  readonly holder: Range;
}

/** What stands in an item and is no field of it. */
export interface FreeSection {
  /** Undefined where it stands under no heading of its own. */
  readonly heading: HeadingBlock | undefined;
  /** It begins with a label that names no field. */
  readonly labelled: boolean;
  readonly blocks: readonly Block[];
}

export interface FoundFields {
  readonly fields: readonly FoundField[];
  /** Blocks before the first field and under no heading. */
  readonly opening: readonly Block[];
  readonly sections: readonly FreeSection[];
}

type Open<T extends { readonly blocks: readonly Block[] }> = Omit<T, "blocks"> & { readonly blocks: Block[] };

const LIST_FIELDS: ReadonlySet<FieldName> = new Set(["steps", "risks", "acceptance"]);
const PROSE_FIELDS: ReadonlySet<FieldName> = new Set(["problem", "why"]);

/** Divides the blocks of one item into its fields and the rest. */
export function readFields(source: Source, blocks: readonly Block[]): FoundFields {
  const reader = new FieldReader(source);
  for (const [at, block] of blocks.entries()) reader.read(block, blocks[at + 1]);
  return { fields: reader.fields, opening: reader.opening, sections: reader.sections };
}

/** The field that a heading names, alone (`### Steps`) or with its value (`### Trigger: when it breaks`). */
export function fieldHeading(
  source: Source,
  heading: HeadingBlock,
): { readonly name: FieldName; readonly inline: Range } | undefined {
  const { start, end } = heading.content;
  const content = source.text.slice(start, end);
  const alone = fieldNamed(content, true);
  if (alone !== undefined) return { name: alone, inline: { start: end, end } };
  const label = labelAt(content);
  if (label?.name === undefined) return undefined;
  return { name: label.name, inline: { start: start + label.length, end } };
}

/** Whether a block of an item's own names at least one field. */
export function namesField(source: Source, block: Block): boolean {
  if (block.kind === "paragraph") return labelsIn(source, block).some(({ name }) => name !== undefined);
  return block.kind === "list" && isFieldList(source, block);
}

function isFieldList(source: Source, list: ListBlock): boolean {
  return list.entries.some((entry) => entryLabels(source, entry).length > 0);
}

function entryLabels(source: Source, entry: ListEntry): readonly Label[] {
  const first = entry.children[0];
  if (first?.kind !== "paragraph" || boxOf(source, entry) !== undefined) return [];
  const labels = labelsIn(source, first).filter(({ name }) => name !== undefined);
  return labels[0]?.start === first.start ? labels : [];
}

/** The checkbox of a list entry, between its marker and its text. */
export function boxOf(
  source: Source,
  entry: ListEntry,
): { readonly end: number; readonly done: boolean; readonly mark: Range } | undefined {
  const first = entry.children[0];
  const last = first?.kind === "paragraph" ? source.lines.endOf(source.lines.lineAt(first.start)) : entry.end;
  const head = source.text.slice(entry.start, Math.min(last, entry.start + 120));
  const marker = /^(?:[-*+]|\d{1,9}[.)])[ \t]+/.exec(head)?.[0].length ?? 0;
  const box = boxAt(head.slice(marker));
  if (box === undefined) return undefined;
  const from = entry.start + marker;
  const [start, end] = box.mark;
  return { end: from + box.length, done: box.done, mark: { start: from + start, end: from + end } };
}

class FieldReader {
  readonly fields: Open<FoundField>[] = [];
  readonly opening: Block[] = [];
  readonly sections: Open<FreeSection>[] = [];
  readonly #source: Source;
  #field: Open<FoundField> | undefined;
  #section: Open<FreeSection> | undefined;
  /** Where blocks go that no field takes: those side by side stay with each other. */
  #loose: Open<FreeSection> | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  read(block: Block, next: Block | undefined): void {
    if (block.kind === "heading") this.#readHeading(block);
    else if (this.#section?.heading !== undefined) this.#section.blocks.push(block);
    else if (block.kind === "paragraph") this.#readParagraph(block, next);
    else if (block.kind === "list") this.#readList(block);
    else if (block.kind === "rule" || isComment(this.#source, block)) this.#endLabel(block.kind === "rule");
    else this.#place(block);
  }

  #readHeading(heading: HeadingBlock): void {
    const named = fieldHeading(this.#source, heading);
    const isInner = this.#section?.heading !== undefined && heading.depth > this.#section.heading.depth;
    if (named !== undefined) {
      const { masks: inlineMasks } = heading;
      this.#open({
        ...named,
        form: "heading",
        bold: false,
        start: heading.start,
        inlineMasks,
        holder: heading,
      });
    } else if (isInner) this.#section?.blocks.push(heading);
    else this.#openSection({ heading, labelled: true, blocks: [] });
  }

  #readParagraph(paragraph: ParagraphBlock, next: Block | undefined): void {
    const underHeading = this.#field?.form === "heading";
    const labels = labelsIn(this.#source, paragraph).filter(({ name, bold }) =>
      underHeading ? name !== undefined && bold : true,
    );
    const first = labels[0];
    if (first === undefined) {
      const belongs = this.#field?.name === "steps" && this.#field.blocks.length > 0 && continuesList(next);
      if (belongs) this.#field?.blocks.push(paragraph);
      else this.#place(paragraph);
      return;
    }
    if (first.start > paragraph.start) {
      const end = trimmedEnd(this.#source.text, paragraph.start, first.start);
      this.#place({ ...paragraph, end });
    }
    this.#openLabels(labels, "label", paragraph, paragraph);
  }

  #readList(list: ListBlock): void {
    const takesList =
      this.#field !== undefined && LIST_FIELDS.has(this.#field.name) && isEmpty(this.#field.inline);
    if (takesList || !isFieldList(this.#source, list)) return this.#place(list);
    for (const entry of list.entries) {
      const [first, ...rest] = entry.children;
      const labels = entryLabels(this.#source, entry);
      if (first?.kind === "paragraph" && labels.length > 0) {
        this.#openLabels(labels, "entry", first, entry);
        for (const block of rest) (this.#field ?? this.#section)?.blocks.push(block);
      } else {
        this.#leave({ ...list, start: entry.start, end: entry.end, entries: [entry] });
      }
    }
    this.#field = undefined;
    this.#section = undefined;
  }

  #openLabels(labels: readonly Label[], form: FieldForm, paragraph: ParagraphBlock, block: Range): void {
    const holder = { start: block.start, end: block.end };
    for (const { name, bold, start, value } of labels) {
      if (name === undefined || name === "other")
        this.#openSection({
          heading: undefined,
          labelled: true,
          blocks: [{ kind: "paragraph", start, end: Math.max(value.end, start), masks: paragraph.masks }],
        });
      else this.#open({ name, form, bold, start, inline: value, inlineMasks: paragraph.masks, holder });
    }
  }

  #open(field: Omit<FoundField, "blocks">): void {
    this.#section = undefined;
    this.#loose = undefined;
    this.#field = { ...field, blocks: [] };
    this.fields.push(this.#field);
  }

  #openSection(section: Open<FreeSection>): void {
    this.#field = undefined;
    this.#loose = undefined;
    this.#section = section;
    this.sections.push(section);
  }

  #place(block: Block): void {
    if (this.#section !== undefined) this.#section.blocks.push(block);
    else if (this.#field !== undefined && accepts(this.#field, block)) this.#field.blocks.push(block);
    else this.#leave(block);
  }

  #leave(block: Block): void {
    if (this.fields.length === 0) this.opening.push(block);
    else if (this.#loose !== undefined) this.#loose.blocks.push(block);
    else {
      this.#loose = { heading: undefined, labelled: false, blocks: [block] };
      this.sections.push(this.#loose);
    }
  }

  /** What stands behind a line across the page belongs to no field, and is not the problem either. */
  #endLabel(isRule: boolean): void {
    if (isRule && this.fields.length > 0)
      this.#openSection({ heading: undefined, labelled: true, blocks: [] });
    else this.#section = undefined;
    if (this.#field?.form !== "heading" && !(this.#field && isEmpty(this.#field.inline)))
      this.#field = undefined;
  }
}

function accepts(field: Open<FoundField>, block: Block): boolean {
  if (field.form === "heading" || PROSE_FIELDS.has(field.name)) return true;
  const isBare = isEmpty(field.inline) && field.blocks.length === 0;
  if (!LIST_FIELDS.has(field.name)) return isBare;
  return block.kind === "list" || isBare || (block.kind === "code" && field.blocks.length > 0);
}

/** A numbered list that goes on after a paragraph between its entries. */
function continuesList(block: Block | undefined): boolean {
  return block?.kind === "list" && block.ordered;
}

export function isEmpty(range: Range): boolean {
  return range.end <= range.start;
}

/** A label at the start of a line, and the value that follows it up to the next label or the paragraph's end. */
interface Label {
  /** Undefined for a label that names no field: it only ends the field before it. */
  readonly name: FieldName | undefined;
  readonly bold: boolean;
  /** Where the label starts. */
  readonly start: number;
  /** The value as far as it stands in the paragraph; may be empty. */
  readonly value: Range;
}

interface Match {
  readonly name: FieldName | undefined;
  readonly bold: boolean;
  readonly length: number;
}

/** No label is longer; keeps the match of one line cheap. */
const MAX_LABEL = 90;
const PICTURE_BEFORE = new RegExp(`^(?:${PICTURES.source}|[ \\t])+`, "u");
const BOLD = /^(\*{1,3}|_{1,3})([^*_\n]{1,60}?)([:：]?)\1(?:[ \t]*([:：]|[-–—](?=[ \t]|$)))?[ \t]*/u;
const PLAIN = /^(\p{L}[\p{L}\p{M} /&'’()-]{0,40}?)([:：]|[ \t]+[-–—](?=[ \t]|$))[ \t]*/u;
/** A label that names no field, alone on its line: at most four words with a colon, or capitals. */
const CAPITAL = /^(?:\p{Lu}[^\s:：]*(?: [^\s:：]+){0,3}[:：]|[\p{Lu}][\p{Lu}\d &/-]{2,38}[:：]?)$/u;
/** Such a line only says that something follows. */
const ANNOUNCES =
  /^(?:for example|example|e\.g\.|such as|like this|note|see|zum beispiel|par exemple)[:：]$/i;

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
    const end = Math.min(source.lines.endOf(line), paragraph.end);
    const row = source.text.slice(start, Math.min(end, start + MAX_LABEL));
    const match = labelAt(row) ?? (boldOnly ? undefined : freeLabel(row, line === first && line === last));
    if (match === undefined || (boldOnly && (!match.bold || match.name === undefined))) continue;
    const afterProse = line !== first && found.length === 0;
    if (match.bold || !afterProse || /^\p{Lu}[^:：–—]*[:：]/u.test(row)) found.push({ start, match });
  }
  return found.map(({ start, match }, index) => {
    const from = start + match.length;
    const end = trimmedEnd(source.text, from, found[index + 1]?.start ?? paragraph.end);
    return { name: match.name, bold: match.bold, start, value: { start: from, end: Math.max(from, end) } };
  });
}

/** A label that names a field, with or without a picture in front, and how many characters it takes with its separator. */
function labelAt(row: string): Match | undefined {
  const before = PICTURE_BEFORE.exec(row)?.[0].length ?? 0;
  const rest = row.slice(before);
  const bold = BOLD.exec(rest);
  if (bold?.[2] !== undefined) {
    const name = fieldNamed(bold[2], true);
    const separated = bold[3] !== "" || bold[4] !== undefined || bold[0].length === rest.trimEnd().length;
    return name === undefined || !separated
      ? undefined
      : { name, bold: true, length: before + bold[0].length };
  }
  const plain = PLAIN.exec(rest);
  if (
    plain?.[1] === undefined ||
    (plain[2] === ":" && !/^(?:[ \t]|$)/.test(rest.slice(plain[0].trimEnd().length)))
  )
    return undefined;
  const name = fieldNamed(plain[1], false);
  return name === undefined ? undefined : { name, bold: false, length: before + plain[0].length };
}

/** A label that names no field: bold with a colon or alone on its line, or a short one with a colon alone in its paragraph. */
function freeLabel(row: string, isAlone: boolean): Match | undefined {
  const bold = BOLD.exec(row);
  if (bold !== null) {
    const { length } = bold[0];
    const isColon = bold[3] !== "" || /[:：]/.test(bold[4] ?? "");
    return isColon || (isAlone && length === row.trimEnd().length)
      ? { name: undefined, bold: true, length }
      : undefined;
  }
  const line = row.trim();
  if (!isAlone || !CAPITAL.test(line) || ANNOUNCES.test(line)) return undefined;
  const name = fieldNamed(line, true);
  return { name, bold: false, length: row.length };
}

function firstInk(source: Source, line: number): number {
  const row = source.lines.textOf(line);
  return source.lines.startOf(line) + (row.length - row.trimStart().length);
}
