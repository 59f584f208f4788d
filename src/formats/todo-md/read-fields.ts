import { labelAt, labelsIn, type Label } from "./field-label.ts";
import { type FieldName, fieldNamed } from "./field-names.ts";
import type {
  Block,
  HeadingBlock,
  ListBlock,
  ListEntry,
  Mask,
  ParagraphBlock,
  Range,
} from "./markdown-block.ts";
import type { Source } from "./source-text.ts";

/** How a field is written: `**Status:** open`, `- **Status:** open`, under a heading, or not named at all. */
type FieldForm = "label" | "entry" | "heading" | "unnamed";

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

interface FreeSection {
  /** Undefined for blocks under no heading of their own. */
  readonly heading: HeadingBlock | undefined;
  readonly blocks: readonly Block[];
}

export interface FoundFields {
  readonly fields: readonly FoundField[];
  /** Blocks before the first field and under no heading. */
  readonly opening: readonly Block[];
  readonly sections: readonly FreeSection[];
}

type OpenField = Omit<FoundField, "blocks"> & { readonly blocks: Block[] };
type OpenSection = { readonly heading: HeadingBlock | undefined; readonly blocks: Block[] };

const LIST_FIELDS: ReadonlySet<FieldName> = new Set(["steps", "risks", "acceptance"]);
const PROSE_FIELDS: ReadonlySet<FieldName> = new Set(["problem", "why"]);

/** Divides the blocks of one item into its fields and the rest. */
export function readFields(source: Source, blocks: readonly Block[]): FoundFields {
  const reader = new FieldReader(source);
  for (const block of blocks) reader.read(block);
  return { fields: reader.fields, opening: reader.opening, sections: reader.sections };
}

/** The field that a heading names, alone (`### Steps`) or with its value (`### Trigger: when it breaks`). */
export function fieldHeading(
  source: Source,
  heading: HeadingBlock,
): { name: FieldName; inline: Range } | undefined {
  const { start, end } = heading.content;
  const content = source.text.slice(start, end);
  const alone = fieldNamed(content, true);
  if (alone !== undefined) return { name: alone, inline: { start: end, end } };
  const label = labelAt(content);
  return label === undefined ? undefined : { name: label.name, inline: { start: start + label.length, end } };
}

/** Whether an item's own blocks name at least one field. */
export function namesField(source: Source, block: Block): boolean {
  if (block.kind === "paragraph") return labelsIn(source, block).length > 0;
  return block.kind === "list" && isFieldList(source, block);
}

function isFieldList(source: Source, list: ListBlock): boolean {
  return list.entries.some((entry) => entry.checked === undefined && entryLabels(source, entry).length > 0);
}

function entryLabels(source: Source, entry: ListEntry): readonly Label[] {
  const first = entry.children[0];
  if (first?.kind !== "paragraph") return [];
  const labels = labelsIn(source, first);
  return labels[0]?.start === first.start ? labels : [];
}

class FieldReader {
  readonly fields: OpenField[] = [];
  readonly opening: Block[] = [];
  readonly sections: OpenSection[] = [];
  readonly #source: Source;
  #field: OpenField | undefined;
  #section: OpenSection | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  read(block: Block): void {
    if (block.kind === "heading") this.#readHeading(block);
    else if (this.#section !== undefined) this.#section.blocks.push(block);
    else if (block.kind === "paragraph") this.#readParagraph(block);
    else if (block.kind === "list") this.#readList(block);
    else if (block.kind === "rule" || isComment(this.#source, block)) this.#endLabel();
    else this.#place(block);
  }

  #readHeading(heading: HeadingBlock): void {
    const named = fieldHeading(this.#source, heading);
    if (named !== undefined) {
      this.#section = undefined;
      this.#open({
        name: named.name,
        form: "heading",
        bold: false,
        start: heading.start,
        inline: named.inline,
        inlineMasks: heading.masks,
        holder: heading,
      });
    } else if (this.#section?.heading !== undefined && heading.depth > this.#section.heading.depth) {
      this.#section.blocks.push(heading);
    } else {
      this.#field = undefined;
      this.#section = { heading, blocks: [] };
      this.sections.push(this.#section);
    }
  }

  #readParagraph(paragraph: ParagraphBlock): void {
    const labels = labelsIn(this.#source, paragraph, this.#field?.form === "heading");
    const first = labels[0];
    if (first === undefined) return this.#place(paragraph);
    if (first.start > paragraph.start) {
      this.#place({
        ...paragraph,
        end: paragraph.start + this.#source.text.slice(paragraph.start, first.start).trimEnd().length,
      });
    }
    this.#openLabels(labels, "label", paragraph, paragraph);
  }

  #readList(list: ListBlock): void {
    const takesList =
      this.#field !== undefined && LIST_FIELDS.has(this.#field.name) && isEmpty(this.#field.inline);
    if (takesList || !isFieldList(this.#source, list)) return this.#place(list);
    for (const entry of list.entries) {
      const [first, ...rest] = entry.children;
      const labels = entry.checked === undefined ? entryLabels(this.#source, entry) : [];
      if (first?.kind === "paragraph" && labels.length > 0) {
        this.#openLabels(labels, "entry", first, entry);
        for (const block of rest) this.#field?.blocks.push(block);
      } else {
        this.#leave({ ...list, start: entry.start, end: entry.end, entries: [entry] });
      }
    }
    this.#field = undefined;
  }

  #openLabels(labels: readonly Label[], form: FieldForm, paragraph: ParagraphBlock, holder: Range): void {
    for (const { name, bold, start, value } of labels) {
      this.#open({
        name,
        form,
        bold,
        start,
        inline: value,
        inlineMasks: paragraph.masks,
        holder: { start: holder.start, end: holder.end },
      });
    }
  }

  #open(field: Omit<FoundField, "blocks">): void {
    this.#field = { ...field, blocks: [] };
    this.fields.push(this.#field);
  }

  #place(block: Block): void {
    if (this.#field !== undefined && accepts(this.#field, block)) this.#field.blocks.push(block);
    else this.#leave(block);
  }

  #leave(block: Block): void {
    if (this.fields.length === 0) this.opening.push(block);
    else {
      const last = this.sections.at(-1);
      if (last !== undefined && last.heading === undefined) last.blocks.push(block);
      else this.sections.push({ heading: undefined, blocks: [block] });
    }
  }

  #endLabel(): void {
    if (this.#field?.form !== "heading" && !(this.#field && isEmpty(this.#field.inline)))
      this.#field = undefined;
  }
}

function accepts(field: OpenField, block: Block): boolean {
  if (field.form === "heading" || PROSE_FIELDS.has(field.name)) return true;
  const isBare = isEmpty(field.inline) && field.blocks.length === 0;
  if (!LIST_FIELDS.has(field.name)) return isBare;
  return block.kind === "list" || isBare || (block.kind === "code" && field.blocks.length > 0);
}

export function isEmpty(range: Range): boolean {
  return range.end <= range.start;
}

/** Whether a block is raw HTML that starts as a comment. */
export function isComment(source: Source, block: Block): boolean {
  return block.kind === "html" && source.text.startsWith("<!--", block.start);
}
