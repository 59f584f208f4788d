import { entryText, listValues, readRisk, readStep } from "./list-values.ts";
import type { Block, Mask, Range } from "./markdown-block.ts";
import { type FoundField, type FoundFields, isComment, isEmpty } from "./read-fields.ts";
import { leadingRef, type RefMarker } from "./ref-marker.ts";
import { lineOf, markdownOf, type Source, textOf } from "./source-text.ts";
import { readStatus } from "./status-value.ts";
import type { TodoItem, TodoSection, TodoStep } from "./todo-item.ts";
import type { FieldName } from "./field-names.ts";

/** Where the parts of an item stand, for the writer. */
export interface ItemLayout extends Range {
  readonly shape: "heading" | "checklist";
  /** Of the heading; 0 for a checklist entry. */
  readonly depth: number;
  /** The first block: the heading, or the entry's first paragraph. */
  readonly head: Range;
  /** The title without checkbox, ref and marker. */
  readonly title: Range;
  /** The character between the brackets of the item's checkbox. */
  readonly checkbox: number | undefined;
  /** The ref at the start of the title. */
  readonly writtenRef: string | undefined;
  readonly marker: RefMarker | undefined;
  readonly fields: readonly FoundField[];
  /** The list that is read as steps although nothing names it so. */
  readonly unnamedSteps: readonly Block[];
  /** The prose below the title that is read as the problem although nothing names it so. */
  readonly unnamedProblem: readonly Block[];
  /** Where the blocks end that stand before the first heading inside the item. */
  readonly bodyEnd: number;
}

/** An item without the key, which depends on the other items. */
export interface ItemDraft {
  readonly item: Omit<TodoItem, "key">;
  readonly layout: ItemLayout;
}

/** The title line of an item, however it is written. */
export interface TitleLine {
  readonly range: Range;
  readonly masks: readonly Mask[];
  readonly marker: RefMarker | undefined;
  readonly checkbox: number | undefined;
  readonly checked: boolean | undefined;
}

export interface DraftParts {
  readonly source: Source;
  readonly range: Range;
  readonly shape: "heading" | "checklist";
  readonly depth: number;
  readonly head: Range;
  readonly bodyEnd: number;
  readonly groups: readonly string[];
  readonly title: TitleLine;
  readonly found: FoundFields;
  readonly refPrefixes: readonly string[];
}

/** Reads the values of an item whose parts have been found. */
export function draftItem(parts: DraftParts): ItemDraft {
  const { source, found, range } = parts;
  const title = readTitle(parts);
  const rest = unnamedParts(parts);
  const scalar = (name: FieldName): string | undefined => scalarText(source, found.fields, name);
  const status = scalar("status");
  const captured = scalar("captured");
  const read =
    status === undefined && captured === undefined ? undefined : readStatus(status ?? "", captured);
  const closed = read?.word === "done" || read?.word === "dropped";
  const trigger = scalar("trigger");
  const problem = scalar("problem") ?? rest.problem;
  const why = scalar("why");
  const first = source.lines.lineAt(range.start);
  const last = source.lines.lineAt(Math.max(range.start, range.end - 1));
  const item: Omit<TodoItem, "key"> = {
    ...(title.ref === undefined ? {} : { ref: title.ref }),
    title: title.text,
    done: parts.title.checked === true || title.struck || closed,
    line: first,
    endLine: last,
    groups: parts.groups,
    ...(read === undefined ? {} : { status: read }),
    ...(trigger === undefined ? {} : { trigger }),
    ...(problem === undefined ? {} : { problem }),
    steps: [...stepsOf(source, found.fields), ...rest.steps],
    risks: valuesNamed(source, found.fields, "risks").map(readRisk),
    ...(why === undefined ? {} : { why }),
    acceptance: valuesNamed(source, found.fields, "acceptance").map((value) => value.text),
    sections: [...rest.sections, ...found.sections.flatMap((section) => freeSection(source, section))],
    source: source.text.slice(source.lines.startOf(first), source.lines.endOf(last)),
  };
  const { shape, depth, head, bodyEnd } = parts;
  const layout: ItemLayout = {
    ...range,
    shape,
    depth,
    head,
    title: title.range,
    checkbox: parts.title.checkbox,
    writtenRef: title.writtenRef,
    marker: parts.title.marker,
    fields: found.fields,
    unnamedSteps: rest.stepBlocks,
    unnamedProblem: rest.problemBlocks,
    bodyEnd,
  };
  return { item, layout };
}

interface ReadTitle {
  readonly text: string;
  readonly range: Range;
  readonly struck: boolean;
  readonly ref: string | undefined;
  readonly writtenRef: string | undefined;
}

function readTitle({ source, title, refPrefixes }: DraftParts): ReadTitle {
  const end = title.marker === undefined ? title.range.end : Math.min(title.range.end, title.marker.start);
  const raw = source.text.slice(title.range.start, end);
  const leading = leadingRef(raw, refPrefixes);
  const start = title.range.start + (leading?.length ?? 0);
  const range = { start, end: Math.max(start, title.range.start + raw.trimEnd().length) };
  const text = lineOf(source, range, title.masks);
  const struck = /^~~.+~~$/s.exec(text) !== null;
  return {
    text: struck ? text.slice(2, -2).trim() : text,
    range,
    struck,
    ref: title.marker?.ref ?? leading?.ref,
    writtenRef: leading?.ref,
  };
}

/** The text of a field that is prose; undefined where the field is missing or empty. Several of one name are joined. */
function scalarText(source: Source, fields: readonly FoundField[], name: FieldName): string | undefined {
  const texts = fields.filter((field) => field.name === name).map((field) => proseOf(source, field));
  const text = texts.filter((part) => part !== "").join("\n\n");
  return text === "" ? undefined : text;
}

/** A field's line and the blocks below it, comments left out. */
function proseOf(source: Source, field: FoundField): string {
  const inline = isEmpty(field.inline) ? "" : textOf(source, field.inline, field.inlineMasks);
  return [inline, ...proseBlocks(source, field.blocks)].filter((part) => part !== "").join("\n\n");
}

function proseBlocks(source: Source, blocks: readonly Block[]): readonly string[] {
  const visible = blocks.filter((block) => !isComment(source, block));
  return visible.map((block) =>
    block.kind === "paragraph" ? textOf(source, block, block.masks) : markdownOf(source, [block]),
  );
}

function valuesNamed(source: Source, fields: readonly FoundField[], name: FieldName) {
  return fields.filter((field) => field.name === name).flatMap((field) => listValues(source, field));
}

function stepsOf(source: Source, fields: readonly FoundField[]): readonly TodoStep[] {
  return valuesNamed(source, fields, "steps").map(readStep);
}

interface UnnamedParts {
  readonly problem: string | undefined;
  readonly steps: readonly TodoStep[];
  readonly stepBlocks: readonly Block[];
  readonly problemBlocks: readonly Block[];
  readonly sections: readonly TodoSection[];
}

/** What an item says without naming it: the prose below its title is its problem, a numbered or checked list its steps. */
function unnamedParts({ source, found, shape }: DraftParts): UnnamedParts {
  const has = (name: FieldName): boolean => found.fields.some((field) => field.name === name);
  const loose = [
    ...found.opening,
    ...found.sections.flatMap((section) => (section.heading === undefined ? section.blocks : [])),
  ];
  const stepBlocks = has("steps") ? [] : loose.filter((block) => isStepList(block, shape));
  const prose = found.opening.filter((block) => !stepBlocks.includes(block));
  const markdown = proseBlocks(source, prose).join("\n\n");
  const later = loose.filter((block) => !found.opening.includes(block) && !stepBlocks.includes(block));
  const rest = [has("problem") ? markdown : "", proseBlocks(source, later).join("\n\n")].filter(
    (part) => part !== "",
  );
  return {
    problem: has("problem") || markdown === "" ? undefined : markdown,
    steps: stepBlocks
      .flatMap((block) => (block.kind === "list" ? block.entries : []))
      .map((entry) =>
        readStep({
          text: entryText(source, entry),
          ...(entry.checked === undefined ? {} : { checked: entry.checked }),
        }),
      ),
    stepBlocks,
    problemBlocks: has("problem") || markdown === "" ? [] : prose,
    sections: rest.length === 0 ? [] : [{ heading: "", markdown: rest.join("\n\n") }],
  };
}

function isStepList(block: Block, shape: "heading" | "checklist"): boolean {
  if (block.kind !== "list") return false;
  return shape === "checklist" || block.ordered || block.entries.some((entry) => entry.checked !== undefined);
}

function freeSection(source: Source, section: FoundFields["sections"][number]): readonly TodoSection[] {
  if (section.heading === undefined) return [];
  const { content, masks } = section.heading;
  return [{ heading: lineOf(source, content, masks), markdown: markdownOf(source, section.blocks) }];
}
