import { SluiceError } from "#domain/errors.ts";
import type { TodoChange, TodoStatusWord } from "#operations/ports/todo-format.ts";
import type { Block } from "./markdown-blocks.ts";
import { type ItemLayout, markerText } from "./read-entry.ts";
import { boxOf, type FoundField, isEmpty } from "./read-fields.ts";
import type { PlacedItem } from "./read-todo.ts";
import { columnOf, type Range, type Source } from "./source-text.ts";
import { FIELD_NAMES, fieldLabel, type FieldName, isClosedWord, leadingStatus } from "./todo-words.ts";

/** Replaces a range of the text; an empty one inserts. */
export interface Patch extends Range {
  readonly text: string;
}

/** Where a missing field goes: beside its neighbours in the usual order, or behind all that stands in the item's body. */
export type Placement = "in-order" | "at-end";

interface Editor {
  readonly source: Source;
  readonly placed: PlacedItem;
  readonly placement: Placement;
}

/** The patches that make one edit, with `\n` line ends. Refuses with `invalid` a value that cannot be written. */
export function editItem(editor: Editor, change: TodoChange): readonly Patch[] {
  return [
    ...editRef(editor, change.ref),
    ...editTitle(editor, change),
    ...editCheckbox(editor, change.done),
    ...editStatus(editor, change),
    ...editProse(editor, "trigger", change.trigger),
    ...editProse(editor, "problem", change.problem),
    ...editList(editor, "steps", change.steps?.map(stepText)),
    ...editList(editor, "risks", change.risks),
    ...editProse(editor, "why", change.why),
  ];
}

const stepText = ({ text, optional }: { readonly text: string; readonly optional: boolean }): string =>
  optional ? `(optional) ${text}` : text;

function editRef({ placed: { entry, layout } }: Editor, ref: string | undefined): readonly Patch[] {
  if (ref === undefined || ref === entry.ref) return [];
  const text = markerText(ref, entry.key);
  if (text === undefined)
    throw new SluiceError(
      "invalid",
      `The ref ${JSON.stringify(ref)} cannot be written into a TODO.md, expected a ref such as OB-12`,
    );
  const { marker, titleEnd } = layout;
  if (marker !== undefined) return [{ start: marker.start, end: marker.end, text }];
  return [{ start: titleEnd, end: titleEnd, text: ` ${text}` }];
}

function editTitle({ source, placed: { entry, layout } }: Editor, change: TodoChange): readonly Patch[] {
  const title = (change.title ?? entry.title).replaceAll(/\s+/g, " ").trim();
  const { start, end } = layout.title;
  const isStruck = source.text.startsWith("~~", start) && !entry.title.startsWith("~~");
  const unstrike = isStruck && change.done === false;
  if (title === entry.title && !unstrike) return [];
  return [{ start, end, text: isStruck && !unstrike ? `~~${title}~~` : title }];
}

function editCheckbox(
  { source, placed: { entry, layout } }: Editor,
  done: boolean | undefined,
): readonly Patch[] {
  const { checkbox } = layout;
  if (done === undefined || checkbox === undefined || entry.done === done) return [];
  const isSign = !source.text.startsWith("[", checkbox.start - 1);
  const marks = isSign ? { done: "☑", open: "☐" } : { done: "x", open: " " };
  return [{ start: checkbox.start, end: checkbox.end, text: done ? marks.done : marks.open }];
}

function editStatus(editor: Editor, { statusWord, done }: TodoChange): readonly Patch[] {
  const { entry, layout } = editor.placed;
  if (statusWord !== undefined) return editStatusWord(editor, statusWord);
  if (done === undefined) return [];
  const isWritten = layout.fields.some((field) => field.name === "status");
  if (isClosedWord(entry.statusWord) === done || (!isWritten && (layout.checkbox !== undefined || !done)))
    return [];
  return editStatusWord(editor, done ? "done" : "open");
}

/** Words in which a person says more than the item's state does: they stay, behind it. */
const TELLING: ReadonlySet<TodoStatusWord> = new Set(["doing", "deferred"]);

function editStatusWord(editor: Editor, word: string): readonly Patch[] {
  const field = fieldOf(editor, "status");
  const range = field === undefined ? undefined : valueRange(field);
  if (range === undefined) return editProse(editor, "status", word);
  const value = editor.source.text.slice(range.start, range.end);
  const leading = leadingStatus(value);
  const isKept =
    leading === undefined ||
    TELLING.has(leading.word) ||
    /^captured/i.test(value.slice(leading.start, leading.end));
  if (isKept) return [{ start: range.start, end: range.start, text: `${word}, ` }];
  const isCapital = /^\p{Lu}/u.test(value.slice(leading.start));
  const text = isCapital ? word.charAt(0).toUpperCase() + word.slice(1) : word;
  return [{ start: range.start + leading.start, end: range.start + leading.end, text }];
}

function editProse(editor: Editor, name: FieldName, value: string | undefined): readonly Patch[] {
  if (value === undefined) return [];
  const { source, placed } = editor;
  const text = value.replaceAll(/\r\n?/g, "\n").trim();
  if (text === "") throw emptyValue(name, placed);
  const field = fieldOf(editor, name);
  const unnamed = name === "problem" ? placed.layout.unnamedProblem : [];
  const range = field === undefined ? blocksRange(unnamed) : valueRange(field);
  const column = field === undefined ? columnOf(source, range?.start ?? 0) : indentOf(source, field);
  if (range !== undefined) return [{ ...range, text: indented(text, column) }];
  if (field === undefined) return insertField(editor, name, (at) => ` ${indented(text, at)}`);
  return [fillEmpty(source, field, indented(text, column))];
}

function editList(
  editor: Editor,
  name: "steps" | "risks",
  wanted: readonly string[] | undefined,
): readonly Patch[] {
  if (wanted === undefined) return [];
  const { source, placed } = editor;
  const { layout } = placed;
  if (wanted.length === 0 || wanted.some((value) => value.trim() === "")) throw emptyValue(name, placed);
  const field = fieldOf(editor, name);
  const blocks = field?.blocks ?? (name === "steps" ? layout.unnamedSteps : []);
  const isBoxed = blocks.some(
    (block) => block.kind === "list" && block.entries.some((entry) => boxOf(source, entry) !== undefined),
  );
  const ticked = name === "steps" ? layout.doneSteps.map((text) => `[x] ${text}`) : [];
  const values = [...ticked, ...(isBoxed ? wanted.map((text) => `[ ] ${text}`) : wanted)];
  const style = listStyle(source, blocks, name === "steps" ? NUMBERED : BULLETED);
  const range = blocksRange(blocks);
  if (field === undefined && range === undefined)
    return insertField(editor, name, (at) => `\n\n${" ".repeat(at)}${listText(values, style, at)}`);
  const column = range === undefined ? indentOf(source, field) : columnOf(source, range.start);
  const text = listText(values, style, column);
  if (field === undefined || isEmpty(field.inline)) {
    if (range !== undefined) return [{ ...range, text }];
    if (field?.form === "heading") return [fillEmpty(source, field, text)];
  }
  if (field === undefined) return [];
  const start = withoutSpace(source, field.inline.start);
  const end = range?.end ?? Math.max(start, field.inline.end);
  return [{ start, end, text: `\n\n${" ".repeat(column)}${text}` }];
}

const emptyValue = (name: FieldName, { entry: { key } }: PlacedItem) =>
  new SluiceError("invalid", `The ${name} of "${key}" is empty; leave it out to keep what is written`);

/** How the entries of a list begin. */
interface ListStyle {
  readonly ordered: boolean;
  /** `-`, `*` or `+`; for a numbered list `.` or `)`. */
  readonly mark: string;
  /** The first number of a numbered list. */
  readonly first: number;
}

const NUMBERED: ListStyle = { ordered: true, mark: ".", first: 1 };
const BULLETED: ListStyle = { ordered: false, mark: "-", first: 1 };

/** The style of the first list among some blocks. */
function listStyle(source: Source, blocks: readonly Block[], fallback: ListStyle): ListStyle {
  const list = blocks.find((block) => block.kind === "list");
  if (list === undefined) return fallback;
  const marker = /^(\d{1,9})?([-*+.)])/.exec(source.text.slice(list.start, list.start + 12));
  if (marker?.[2] === undefined) return fallback;
  return { ordered: list.ordered, mark: marker[2], first: Number(marker[1] ?? "1") };
}

/** One tight list; `column` is where its markers stand on every line but the first, which the caller has indented. */
function listText(values: readonly string[], style: ListStyle, column: number): string {
  const entries = values.map((value, index) => {
    const marker = style.ordered ? `${style.first + index}${style.mark} ` : `${style.mark} `;
    return marker + indented(value, column + marker.length);
  });
  return entries.join(`\n${" ".repeat(column)}`);
}

/** Indents every line of a text but the first and the blank ones. */
function indented(text: string, column: number): string {
  const [first = "", ...rest] = text.split("\n");
  return [first, ...rest.map((row) => (row.trim() === "" ? "" : " ".repeat(column) + row))].join("\n");
}

/** Writes the value of a field that has a label or a heading and nothing else. */
function fillEmpty(source: Source, field: FoundField, text: string): Patch {
  if (field.form === "heading")
    return { start: field.holder.end, end: field.holder.end, text: `\n\n${text}` };
  return { start: withoutSpace(source, field.inline.start), end: field.inline.start, text: ` ${text}` };
}

function withoutSpace(source: Source, offset: number): number {
  let end = offset;
  while (end > 0 && /[ \t]/.test(source.text.charAt(end - 1))) end -= 1;
  return end;
}

function fieldOf({ placed }: Editor, name: FieldName): FoundField | undefined {
  return placed.layout.fields.find((field) => field.name === name);
}

/** From the value's first character to its last, over all its blocks; undefined where it has none. */
function valueRange(field: FoundField): Range | undefined {
  const below = blocksRange(field.blocks);
  if (isEmpty(field.inline)) return below;
  return { start: field.inline.start, end: below?.end ?? field.inline.end };
}

function blocksRange(blocks: readonly Block[]): Range | undefined {
  const first = blocks[0];
  const last = blocks.at(-1);
  return first === undefined || last === undefined ? undefined : { start: first.start, end: last.end };
}

/** The column at which further lines of a field's value start. */
function indentOf(source: Source, field: FoundField | undefined): number {
  if (field === undefined || field.form === "heading") return 0;
  const below = field.blocks[0];
  return columnOf(source, isEmpty(field.inline) && below !== undefined ? below.start : field.start);
}

/** Writes a field that the item lacks, in the way its other fields are written; a row of a table has no place for one. */
function insertField(
  { source, placed: { layout }, placement }: Editor,
  name: FieldName,
  value: (column: number) => string,
): readonly Patch[] {
  if (layout.shape === "row") return [];
  const rank = FIELD_NAMES.indexOf(name);
  const before = layout.fields.findLast((field) => FIELD_NAMES.indexOf(field.name) < rank);
  const model = before ?? layout.fields[0];
  const form = model?.form ?? (layout.shape === "list" ? "entry" : "label");
  const bold = model === undefined || model.bold || form === "heading";
  const label = bold ? `**${fieldLabel(name)}:**` : `${fieldLabel(name)}:`;
  if (form === "entry" || layout.shape === "list") {
    const beside = form === "entry" ? (before ?? layout.fields.at(-1)) : undefined;
    return [insertEntry(source, layout, beside, (column) => label + value(column))];
  }
  const text =
    form === "heading"
      ? `${headingMarks(source, layout, model)} ${fieldLabel(name)}\n\n${value(0).trimStart()}`
      : label + value(0);
  const first = layout.fields[0];
  const last = form === "heading" ? layout.end : layout.bodyEnd;
  if (placement === "at-end") return [after(source, last, text)];
  if (before !== undefined) return [after(source, extentOf(layout, before), text)];
  if (first === undefined) return [after(source, layout.bodyEnd, text)];
  return [{ start: first.holder.start, end: first.holder.start, text: `${text}\n\n` }];
}

function headingMarks(source: Source, layout: ItemLayout, model: FoundField | undefined): string {
  const written =
    model === undefined ? null : /^#{1,6}/.exec(source.text.slice(model.start, model.start + 6));
  return written?.[0] ?? "#".repeat(Math.min(6, layout.depth + 1));
}

/** The end of a field's last block, and of those that share its paragraph. */
function extentOf(layout: ItemLayout, field: FoundField): number {
  const sharing = layout.fields.filter((other) => other.holder.start === field.holder.start);
  return Math.max(...sharing.map((other) => Math.max(other.holder.end, other.blocks.at(-1)?.end ?? 0)));
}

function after(source: Source, offset: number, text: string): Patch {
  const next = source.lines.lineAt(offset) + 1;
  const touches = next <= source.lines.count && source.lines.textOf(next).trim() !== "";
  return { start: offset, end: offset, text: `\n\n${text}${touches ? "\n" : ""}` };
}

/** A list entry beside the one given, or the first one below the title. */
function insertEntry(
  source: Source,
  layout: ItemLayout,
  beside: FoundField | undefined,
  text: (column: number) => string,
): Patch {
  const sibling = beside?.form === "entry" ? beside : undefined;
  const column = columnOf(
    source,
    sibling === undefined ? contentStart(source, layout) : sibling.holder.start,
  );
  const bullet = sibling === undefined ? "-" : source.text.charAt(sibling.holder.start);
  const mark = /[-*+]/.test(bullet) ? bullet : "-";
  const offset = sibling?.holder.end ?? layout.fields.at(-1)?.holder.end ?? layout.head.end;
  return { start: offset, end: offset, text: `\n${" ".repeat(column)}${mark} ${text(column + 2)}` };
}

/** Where a list entry's own text starts, its checkbox included; a heading's own line for others. */
function contentStart(source: Source, layout: ItemLayout): number {
  if (layout.shape !== "list") return source.lines.startOf(source.lines.lineAt(layout.start));
  const marker = /^(?:[-*+]|\d{1,9}[.)])[ \t]+/.exec(source.text.slice(layout.start, layout.start + 40));
  return layout.start + (marker?.[0].length ?? 2);
}
