import { FIELD_NAMES, FIELD_WORDS, type FieldName } from "./field-names.ts";
import type { ItemLayout } from "./item-draft.ts";
import { indented, type ListStyle, listText } from "./list-text.ts";
import type { FoundField } from "./read-fields.ts";
import { columnOf, type Source } from "./source-text.ts";
import type { Patch } from "./todo-edit.ts";

/** The value of a field to be written: prose, or the entries of a list. */
export type FieldValue =
  | { readonly kind: "prose"; readonly text: string }
  | { readonly kind: "list"; readonly values: readonly string[]; readonly style: ListStyle };

/** Where a missing field goes: beside its neighbours in the usual order, or behind all that stands in the item's body. */
export type Placement = "in-order" | "at-end";

/** The label of a field that a file lacks so far. */
export function fieldLabel(name: FieldName): string {
  const [word] = FIELD_WORDS[name].always;
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Writes a field that the item lacks, in the way its other fields are written. */
export function insertField(
  source: Source,
  layout: ItemLayout,
  name: FieldName,
  value: FieldValue,
  placement: Placement,
): Patch {
  const rank = FIELD_NAMES.indexOf(name);
  const before = layout.fields.findLast((field) => FIELD_NAMES.indexOf(field.name) < rank);
  const model = before ?? layout.fields[0];
  const form = model?.form ?? (layout.shape === "checklist" ? "entry" : "label");
  const bold = model === undefined || model.bold || form === "heading";
  if (form === "entry")
    return insertEntry(source, layout, before ?? layout.fields.at(-1), labelled(name, value, bold));
  if (layout.shape === "checklist")
    return insertEntry(source, layout, undefined, labelled(name, value, bold));
  const text =
    form === "heading" ? underHeading(source, layout, model, name, value) : labelled(name, value, bold)(0);
  if (placement === "at-end") return after(source, form === "heading" ? layout.end : layout.bodyEnd, text);
  if (before !== undefined) return after(source, extentOf(layout, before), text);
  const first = layout.fields[0];
  if (first === undefined) return after(source, layout.bodyEnd, text);
  return { start: first.holder.start, end: first.holder.start, text: `${text}\n\n` };
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

/** `**Trigger:** text`, for a given column of continuation lines. */
function labelled(name: FieldName, value: FieldValue, bold: boolean): (column: number) => string {
  const label = bold ? `**${fieldLabel(name)}:**` : `${fieldLabel(name)}:`;
  return (column) => {
    if (value.kind === "prose") return `${label} ${indented(value.text, column)}`;
    return `${label}\n\n${" ".repeat(column)}${listText(value.values, value.style, column)}`;
  };
}

function underHeading(
  source: Source,
  layout: ItemLayout,
  model: FoundField | undefined,
  name: FieldName,
  value: FieldValue,
): string {
  const written =
    model === undefined ? null : /^#{1,6}/.exec(source.text.slice(model.start, model.start + 6));
  const marks = written?.[0] ?? "#".repeat(Math.min(6, layout.depth + 1));
  const content = value.kind === "prose" ? value.text : listText(value.values, value.style, 0);
  return `${marks} ${fieldLabel(name)}\n\n${content}`;
}

/** A list entry beside the one given, or the first one below the title. */
function insertEntry(
  source: Source,
  layout: ItemLayout,
  beside: FoundField | undefined,
  text: (column: number) => string,
): Patch {
  const sibling = beside?.form === "entry" ? beside : undefined;
  const column =
    sibling === undefined ? contentColumn(source, layout) : columnOf(source, sibling.holder.start);
  const bullet = sibling === undefined ? "-" : source.text.charAt(sibling.holder.start);
  const mark = /[-*+]/.test(bullet) ? bullet : "-";
  const offset = sibling?.holder.end ?? layout.fields.at(-1)?.holder.end ?? layout.head.end;
  return { start: offset, end: offset, text: `\n${" ".repeat(column)}${mark} ${text(column + 2)}` };
}

/** The column at which a checklist entry's own text (its checkbox) starts. */
function contentColumn(source: Source, layout: ItemLayout): number {
  return layout.checkbox === undefined ? 0 : columnOf(source, layout.checkbox - 1);
}
