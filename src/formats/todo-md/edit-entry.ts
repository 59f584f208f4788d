import { SluiceError } from "#domain/errors.ts";
import { insertField, type FieldValue, type Placement } from "./insert-field.ts";
import type { FieldName } from "./field-names.ts";
import { BULLETED, indented, listStyle, listText, NUMBERED, stepText } from "./list-text.ts";
import type { Block, Range } from "./markdown-block.ts";
import type { PlacedItem } from "./parse-todo.ts";
import { type FoundField, isEmpty } from "./read-fields.ts";
import { markerText } from "./ref-marker.ts";
import { columnOf, type Source } from "./source-text.ts";
import { leadingStatusWord } from "./status-value.ts";
import { riskText } from "./to-candidate.ts";
import type { Patch, TodoEdit } from "./todo-edit.ts";

/** The patches that make one edit, with `\n` line ends. */
export function editItem(
  source: Source,
  placed: PlacedItem,
  edit: TodoEdit,
  placement: Placement,
): readonly Patch[] {
  const editor = { source, placed, placement };
  return [
    ...editRef(editor, edit.ref),
    ...editTitle(editor, edit),
    ...editCheckbox(editor, edit.done),
    ...editStatus(editor, edit),
    ...editProse(editor, "trigger", edit.trigger),
    ...editProse(editor, "problem", edit.problem),
    ...editList(editor, "steps", edit.steps?.map(stepText)),
    ...editList(editor, "risks", edit.risks?.map(riskText)),
    ...editProse(editor, "why", edit.why),
  ];
}

interface Editor {
  readonly source: Source;
  readonly placed: PlacedItem;
  readonly placement: Placement;
}

function editRef({ placed: { item, layout } }: Editor, ref: string | undefined): readonly Patch[] {
  if (ref === undefined || ref === item.ref) return [];
  const marker = markerText(ref, item.key);
  if (marker === undefined) {
    throw new SluiceError(
      "invalid",
      `The ref ${JSON.stringify(ref)} cannot be written into a TODO.md, accepted is a ref such as OB-12`,
    );
  }
  if (layout.marker !== undefined)
    return [{ start: layout.marker.start, end: layout.marker.end, text: marker }];
  return [{ start: layout.title.end, end: layout.title.end, text: ` ${marker}` }];
}

function editTitle({ source, placed: { item, layout } }: Editor, edit: TodoEdit): readonly Patch[] {
  const title = (edit.title ?? item.title).replaceAll(/\s+/g, " ").trim();
  const isStruck =
    source.text.slice(layout.title.start, layout.title.end).startsWith("~~") && !item.title.startsWith("~~");
  const unstrike = isStruck && edit.done === false;
  if (title === item.title && !unstrike) return [];
  return [{ ...rangeOf(layout.title), text: isStruck && !unstrike ? `~~${title}~~` : title }];
}

function editCheckbox({ source, placed: { layout } }: Editor, done: boolean | undefined): readonly Patch[] {
  const at = layout.checkbox;
  if (done === undefined || at === undefined) return [];
  const isChecked = source.text.charAt(at) !== " ";
  return isChecked === done ? [] : [{ start: at, end: at + 1, text: done ? "x" : " " }];
}

function editStatus(editor: Editor, edit: TodoEdit): readonly Patch[] {
  const { item, layout } = editor.placed;
  const wanted = edit.status;
  if (wanted !== undefined && "text" in wanted) return editProse(editor, "status", oneLine(wanted.text));
  if (wanted !== undefined) return editStatusWord(editor, wanted.word);
  if (edit.done === undefined) return [];
  const isClosed = item.status?.word === "done" || item.status?.word === "dropped";
  const isWritten = layout.fields.some((field) => field.name === "status");
  if (isClosed === edit.done || (!isWritten && (layout.checkbox !== undefined || !edit.done))) return [];
  return editStatusWord(editor, edit.done ? "done" : "open");
}

function editStatusWord(editor: Editor, word: string): readonly Patch[] {
  const field = fieldOf(editor, "status");
  const range = field === undefined ? undefined : valueRange(field);
  if (range === undefined) return editProse(editor, "status", word);
  const value = editor.source.text.slice(range.start, range.end);
  const leading = leadingStatusWord(value);
  if (leading === undefined) return [{ start: range.start, end: range.start, text: `${word}, ` }];
  const isCapital = /^\p{Lu}/u.test(value.slice(leading.start));
  const spelled = isCapital ? word.charAt(0).toUpperCase() + word.slice(1) : word;
  const start = range.start + leading.start;
  return [{ start, end: range.start + leading.end, text: spelled }];
}

function editProse(editor: Editor, name: FieldName, value: string | undefined): readonly Patch[] {
  if (value === undefined) return [];
  const { source, placed, placement } = editor;
  const { item, layout } = placed;
  const text = value.replaceAll(/\r\n?/g, "\n").trim();
  if (text === "")
    throw new SluiceError(
      "invalid",
      `The ${name} of "${item.key}" is empty; leave it out to keep what is written`,
    );
  const field = fieldOf(editor, name);
  const range =
    field === undefined ? blocksRange(name === "problem" ? layout.unnamedProblem : []) : valueRange(field);
  if (range !== undefined) return [{ ...range, text: indented(text, indentOf(source, field)) }];
  if (field === undefined) return [insertField(source, layout, name, { kind: "prose", text }, placement)];
  return [fillEmpty(source, field, indented(text, indentOf(source, field)))];
}

function editList(
  editor: Editor,
  name: "steps" | "risks",
  values: readonly string[] | undefined,
): readonly Patch[] {
  if (values === undefined) return [];
  const { source, placed, placement } = editor;
  const { item, layout } = placed;
  if (values.length === 0 || values.some((value) => value.trim() === "")) {
    throw new SluiceError(
      "invalid",
      `The ${name} of "${item.key}" are empty; leave them out to keep what is written`,
    );
  }
  const field = fieldOf(editor, name);
  const unnamed = field === undefined && name === "steps" ? layout.unnamedSteps : [];
  const blocks = field?.blocks ?? unnamed;
  const isBoxed = layout.shape === "checklist" || values.every((value) => /^\[[ x]\] /.test(value));
  const mustNumber = field === undefined && name === "steps" && !isBoxed;
  const style = mustNumber ? NUMBERED : listStyle(source, blocks, name === "steps" ? NUMBERED : BULLETED);
  const range = blocksRange(blocks);
  if (field === undefined && range === undefined) {
    const value: FieldValue = { kind: "list", values, style };
    return [insertField(source, layout, name, value, placement)];
  }
  const column = range === undefined ? indentOf(source, field) : columnOf(source, range.start);
  const text = listText(values, style, column);
  if (range !== undefined && (field === undefined || isEmpty(field.inline))) return [{ ...range, text }];
  if (field === undefined) return [];
  const start = trimmedEnd(source, field.inline.start);
  return [
    { start, end: range?.end ?? Math.max(start, field.inline.end), text: `\n\n${" ".repeat(column)}${text}` },
  ];
}

/** Writes the value of a field that has a label or a heading and nothing else. */
function fillEmpty(source: Source, field: FoundField, text: string): Patch {
  if (field.form === "heading")
    return { start: field.holder.end, end: field.holder.end, text: `\n\n${text}` };
  const start = trimmedEnd(source, field.inline.start);
  return { start, end: field.inline.start, text: ` ${text}` };
}

function trimmedEnd(source: Source, offset: number): number {
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

function rangeOf({ start, end }: Range): Range {
  return { start, end };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
