import type { TodoEntry, TodoStatusWord } from "#operations/ports/todo-format.ts";
import { type Block, isComment, type ListBlock, type ListEntry, markdownOf } from "./markdown-blocks.ts";
import { boxOf, type FoundField, type FoundFields, isEmpty, readFields } from "./read-fields.ts";
import { lineOf, type Mask, type Range, type Source, textOf, trimmedEnd } from "./source-text.ts";
import {
  captureDay,
  type FieldName,
  isClosedWord,
  leadingStatus,
  saysMore,
  statusMarks,
  withoutOptional,
} from "./todo-words.ts";

/** `<!-- sluice:OB-12 fix-login -->`: the item's ref, and the key it had when the ref was written, which keeps it for good. */
export interface RefMarker extends Range {
  readonly ref: string;
  readonly key: string | undefined;
}

/** Where the parts of an item stand, for the writer. */
export interface ItemLayout extends Range {
  /** A heading, an entry of a list, or a row of a table or paragraph. */
  readonly shape: "heading" | "list" | "row";
  /** Of the heading; 0 for others. */
  readonly depth: number;
  /** The first block: the heading, or the entry's first paragraph. */
  readonly head: Range;
  /** The title without checkbox, number, marks, ref and marker. */
  readonly title: Range;
  /** Where a marker goes. */
  readonly titleEnd: number;
  /** What stands between the brackets of the item's checkbox. */
  readonly checkbox: Range | undefined;
  readonly marker: RefMarker | undefined;
  readonly fields: readonly FoundField[];
  /** The list that is read as steps although nothing names it so. */
  readonly unnamedSteps: readonly Block[];
  /** The prose below the title that is read as the problem although nothing names it so. */
  readonly unnamedProblem: readonly Block[];
  /** Ticked steps, which are no longer the item's. */
  readonly doneSteps: readonly string[];
  /** Where the blocks end that stand before the first heading inside the item. */
  readonly bodyEnd: number;
}

/** An item without the key, which depends on the other items. */
export interface ItemDraft {
  readonly entry: Omit<TodoEntry, "key">;
  readonly layout: ItemLayout;
}

/** What is known of an item before its values are read. */
export interface ItemParts extends Range {
  readonly shape: ItemLayout["shape"];
  readonly depth: number;
  readonly head: Range;
  readonly bodyEnd: number;
  readonly groups: readonly string[];
  /** The title line behind its checkbox. */
  readonly title: Range;
  readonly masks: readonly Mask[];
  /** A comment on the line below the title. */
  readonly below?: Range | undefined;
  readonly box: { readonly done: boolean; readonly mark: Range } | undefined;
  /** It stands below a heading that says done. */
  readonly closed: boolean;
  /** What follows the title. */
  readonly blocks: readonly Block[];
  /** Of a table's row: its other cells. */
  readonly cells?: { readonly fields: readonly FoundField[]; readonly rest: readonly string[] } | undefined;
}

/** Reads the values of an item whose parts have been found. */
export function draftItem(source: Source, parts: ItemParts, prefixes: readonly string[]): ItemDraft {
  const title = readTitle(source, parts, prefixes);
  const lead: readonly Block[] =
    title.rest === undefined ? [] : [{ kind: "paragraph", ...title.rest, masks: parts.masks }];
  const read = readFields(source, [...lead, ...parts.blocks]);
  const found =
    parts.cells === undefined ? read : { ...read, fields: [...read.fields, ...parts.cells.fields] };
  const scalar = (name: FieldName): string | undefined => scalarText(source, found.fields, name);
  const rest = unnamedParts(source, found, parts.shape === "list" && parts.box !== undefined);
  const status = scalar("status");
  const word = statusWord(status ?? scalar("captured"), status);
  const done = parts.box?.done === true || title.done || parts.closed || isClosedWord(word);
  const capturedOn =
    captureDay(scalar("captured") ?? "", false) ?? captureDay(status ?? "", isClosedWord(word));
  const steps = [...valuesNamed(source, found.fields, "steps"), ...rest.steps];
  const doneSteps = steps.filter((step) => step.done === true).map(({ text }) => text);
  const problem = scalar("problem") ?? rest.problem;
  const trigger = scalar("trigger");
  const why = scalar("why");
  const body = [
    ...(status !== undefined && saysMore(status) ? [`**Status:** ${status}`] : []),
    ...rest.body,
    ...(parts.cells?.rest ?? []),
    ...found.sections
      .flatMap((one) => (one.labelled ? [sectionText(source, one)] : []))
      .filter((text) => text !== ""),
    ...(doneSteps.length === 0
      ? []
      : [`Done already:\n\n${doneSteps.map((text) => `- ${text}`).join("\n")}`]),
  ];
  const first = source.lines.lineAt(parts.start);
  const last = source.lines.lineAt(Math.max(parts.start, parts.end - 1));
  const entry: ItemDraft["entry"] = {
    ...(title.ref === undefined ? {} : { ref: title.ref }),
    title: title.text,
    spec: {
      ...(problem === undefined ? {} : { problem }),
      ...(trigger === undefined ? {} : { trigger }),
      steps: steps.filter((step) => step.done !== true).map(readStep),
      risks: valuesNamed(source, found.fields, "risks").map(({ text }) => text),
      ...(why === undefined ? {} : { why }),
      acceptance: valuesNamed(source, found.fields, "acceptance").map(({ text }) => text),
      ...(body.length === 0 ? {} : { body: body.join("\n\n") }),
    },
    groups: parts.groups,
    ...(word === undefined ? {} : { statusWord: word }),
    ...(capturedOn === undefined ? {} : { capturedOn }),
    done,
    line: first,
    endLine: last,
    source: source.text.slice(source.lines.startOf(first), source.lines.endOf(last)),
  };
  const { start, end, shape, depth, head, bodyEnd } = parts;
  const { range, titleEnd, marker } = title;
  const { stepBlocks: unnamedSteps, problemBlocks: unnamedProblem } = rest;
  const places = { start, end, shape, depth, head, bodyEnd, title: range, titleEnd, marker, doneSteps };
  const checkbox = parts.box?.mark;
  return { entry, layout: { ...places, checkbox, fields: found.fields, unnamedSteps, unnamedProblem } };
}

function statusWord(text: string | undefined, status: string | undefined): TodoStatusWord | undefined {
  if (text === undefined) return undefined;
  return leadingStatus(status ?? "")?.word ?? "unknown";
}

interface ReadTitle {
  readonly text: string;
  readonly range: Range;
  readonly titleEnd: number;
  readonly done: boolean;
  readonly ref: string | undefined;
  readonly marker: RefMarker | undefined;
  /** What follows a title in bold on its own line. */
  readonly rest: Range | undefined;
}

/** A bold beginning is the title where it is a phrase, not a word in front of one. */
const BOLD_LEAD = /^(\*\*|__)(?=\S)((?:(?!\1)[^\n]){1,300}?)[:：]?\1[ \t]*(?:[:：]|[-–—](?=\s))?[ \t]*/u;

function readTitle(source: Source, parts: ItemParts, prefixes: readonly string[]): ReadTitle {
  const { text } = source;
  const onLine = findMarker(text, parts.masks);
  const marker = onLine ?? (parts.below && findMarker(text, [{ ...parts.below, kind: "comment" }]));
  const ends = onLine !== undefined && text.slice(onLine.end, parts.title.end).trim() === "";
  const end = trimmedEnd(text, parts.title.start, ends ? onLine.start : parts.title.end);
  const whole = text.slice(parts.title.start, end);
  const numbered = parts.box === undefined && parts.shape !== "heading" ? "" : ordinalOf(whole);
  const marks = statusMarks(whole.slice(numbered.length));
  const from = parts.title.start + numbered.length + marks.before;
  const to = trimmedEnd(text, from, end - marks.behind);
  const leading = leadingRef(text.slice(from, to), prefixes);
  const start = from + (leading?.length ?? 0);
  const isStruck = /^~~.+?~~\s*(?:$|[(（[:：,;–—-])/s.test(text.slice(start, to));
  const common = { marker, ref: marker?.ref ?? leading?.ref, done: marks.done || isStruck };
  const lead = BOLD_LEAD.exec(text.slice(start, to));
  const leadText = lead?.[2] ?? "";
  const isAll = lead !== null && start + lead[0].length >= to;
  const isPhrase =
    parts.shape === "list" &&
    (/\S\s+\S+\s+\S/.test(leadText) || /[.!?。！？]$/.test(leadText) || isWide(leadText));
  const separated = lead !== null && /[:：.!?。！？—–-]\s*$/.test(lead[0].replaceAll(/[*_]/g, ""));
  if (lead !== null && (isAll || (isPhrase && separated))) {
    const range = { start: start + 2, end: start + 2 + leadText.length };
    const rest = isAll ? undefined : { start: start + lead[0].length, end: to };
    const titleEnd = start + lead[0].trimEnd().length;
    return {
      ...common,
      text: lineOf(source, range, parts.masks),
      range,
      titleEnd: isAll ? end : titleEnd,
      rest,
    };
  }
  const range = { start, end: Math.max(start, to) };
  const line = lineOf(source, range, parts.masks);
  const shown = isStruck ? line.replace(/^~~(.+?)~~/s, "$1").trim() : line;
  return { ...common, text: shown, range, titleEnd: end, rest: undefined };
}

/** Scripts without spaces between words: five letters are a phrase. */
const isWide = (text: string): boolean =>
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]{5}/u.test(text);

const ordinalOf = (text: string): string =>
  /^\d{1,3}[.)][ \t]+(?=\S)|^\d{1,3} [-–—] (?=\S)/.exec(text)?.[0] ?? "";

const MARKER = /^<!--[ \t]*sluice:([A-Z][A-Z0-9]{0,9}-[1-9]\d{0,11})(?:[ \t]+([^\s<>]{1,200}))?[ \t]*-->$/;

function findMarker(text: string, masks: readonly Mask[]): RefMarker | undefined {
  for (const { kind, start, end } of masks) {
    const match = kind === "comment" ? MARKER.exec(text.slice(start, end)) : null;
    if (match?.[1] !== undefined) return { start, end, ref: match[1], key: match[2] };
  }
  return undefined;
}

/** The marker to write; undefined where the ref or the key cannot stand in one. */
export function markerText(ref: string, key: string): string | undefined {
  const marker = `<!-- sluice:${ref} ${key} -->`;
  return MARKER.test(marker) && !key.includes("--") ? marker : undefined;
}

const LEADING_REF =
  /^(?:\[([A-Z][A-Z0-9]{0,9})-([1-9]\d{0,11})\]:?|([A-Z][A-Z0-9]{0,9})-([1-9]\d{0,11})(?::|(?=[ \t])))[ \t]*(?:[-–—][ \t]+)?/;

/** A ref that a title begins with, as in `OB-12: Fix the login`, `[OB-12] …` or `OB-12 H2 — …`, if its prefix is one of those given. */
function leadingRef(
  title: string,
  prefixes: readonly string[],
): { readonly ref: string; readonly length: number } | undefined {
  const match = LEADING_REF.exec(title);
  const prefix = match?.[1] ?? match?.[3];
  const number = match?.[2] ?? match?.[4];
  if (match === null || prefix === undefined || number === undefined || !prefixes.includes(prefix))
    return undefined;
  return { ref: `${prefix}-${number}`, length: match[0].length };
}

/** The text of a field that is prose; undefined where the field is missing or empty. Several of one name are joined. */
function scalarText(source: Source, fields: readonly FoundField[], name: FieldName): string | undefined {
  const texts = fields.filter((field) => field.name === name).map((field) => proseOf(source, field));
  const text = texts.filter((part) => part !== "").join("\n\n");
  return text === "" ? undefined : text;
}

function proseOf(source: Source, field: FoundField): string {
  const inline = isEmpty(field.inline) ? "" : textOf(source, field.inline, field.inlineMasks);
  return [inline, markdownOf(source, field.blocks)].filter((part) => part !== "").join("\n\n");
}

interface ListValue {
  readonly text: string;
  /** Absent without a checkbox. */
  readonly done?: boolean;
}

/** The values of a list field: its list entries; where it has no list, its paragraphs; where it has none, its line. */
function valuesNamed(source: Source, fields: readonly FoundField[], name: FieldName): readonly ListValue[] {
  return fields
    .filter((field) => field.name === name)
    .flatMap((field) => {
      const line = isEmpty(field.inline) ? "" : lineOf(source, field.inline, field.inlineMasks);
      const values = valuesOf(source, field.blocks);
      return line === "" ? values : [{ text: line }, ...values];
    });
}

function valuesOf(source: Source, blocks: readonly Block[]): readonly ListValue[] {
  const values: ListValue[] = [];
  const hasList = blocks.some((block) => block.kind === "list");
  for (const block of blocks) {
    if (block.kind === "list") values.push(...entriesOf(source, block));
    else if (isComment(source, block) || block.kind === "heading") continue;
    else if (block.kind === "paragraph" && !hasList) values.push({ text: markdownOf(source, [block]) });
    else appendTo(values, markdownOf(source, [block]));
  }
  return values.filter((value) => value.text !== "");
}

function appendTo(values: ListValue[], text: string): void {
  const last = values.pop();
  values.push(last === undefined ? { text } : { ...last, text: `${last.text}\n\n${text}` });
}

function entriesOf(source: Source, list: ListBlock): readonly ListValue[] {
  return list.entries.map((entry) => {
    const box = boxOf(source, entry);
    return { text: entryText(source, entry, box?.end), ...(box === undefined ? {} : { done: box.done }) };
  });
}

/** An entry's Markdown without its marker, its checkbox and its comments. */
function entryText(source: Source, entry: ListEntry, boxEnd = 0): string {
  const first = entry.children[0];
  const last = entry.children.at(-1);
  if (first === undefined || last === undefined) return "";
  const masks = entry.children.flatMap((child) => (child.kind === "paragraph" ? child.masks : []));
  return textOf(source, { start: Math.max(first.start, boxEnd), end: last.end }, masks);
}

/** Takes the word that makes a step optional off its first line. */
function readStep({ text }: ListValue): { readonly text: string; readonly optional: boolean } {
  const [head = "", ...rest] = text.split("\n");
  const bare = withoutOptional(head);
  return bare === undefined
    ? { text, optional: false }
    : { text: [bare, ...rest].join("\n").trim(), optional: true };
}

interface UnnamedParts {
  readonly problem: string | undefined;
  readonly steps: readonly ListValue[];
  readonly stepBlocks: readonly Block[];
  readonly problemBlocks: readonly Block[];
  readonly body: readonly string[];
}

/** What an item says without naming it: the prose below its title is its problem, a numbered or checked list its steps. */
function unnamedParts(source: Source, found: FoundFields, isChecklist: boolean): UnnamedParts {
  const has = (name: FieldName): boolean => found.fields.some((field) => field.name === name);
  const loose = [
    found.opening,
    ...found.sections.flatMap(({ labelled, blocks }) => (labelled ? [] : [blocks])),
  ];
  const isStep = (block: Block) => !has("steps") && isStepList(source, block, isChecklist);
  const stepBlocks = loose.flatMap((blocks) => blocks.filter(isStep));
  const prose = loose.map((blocks) => blocks.filter((block) => !isStep(block)));
  const texts = prose.map((blocks) => markdownOf(source, blocks));
  const at = has("problem") ? -1 : texts.findIndex((text) => text !== "");
  return {
    problem: texts[at],
    steps: stepBlocks.flatMap((block) => (block.kind === "list" ? entriesOf(source, block) : [])),
    stepBlocks,
    problemBlocks: prose[at] ?? [],
    body: texts.filter((text, index) => index !== at && text !== ""),
  };
}

function isStepList(source: Source, block: Block, isChecklist: boolean): boolean {
  if (block.kind !== "list") return false;
  return isChecklist || block.ordered || block.entries.some((entry) => boxOf(source, entry) !== undefined);
}

function sectionText(source: Source, { heading, blocks }: FoundFields["sections"][number]): string {
  const text = markdownOf(source, blocks);
  if (heading === undefined) return text;
  return `## ${lineOf(source, heading.content, heading.masks)}\n\n${text}`.trimEnd();
}

/** Longest slug; with a path it stays under the 500 characters of an external reference. */
const MAX_SLUG = 80;

/** One key for each item, in order: the kept one, else the ref, else the slug; a key already taken gets `~2`, `~3`, … */
export function itemKeys(drafts: readonly ItemDraft[]): readonly string[] {
  const taken = new Set(drafts.flatMap(({ layout: { marker } }) => marker?.key ?? []));
  const ordinals = new Map<string, number>();
  return drafts.map(({ entry, layout }) => {
    if (layout.marker?.key !== undefined) return layout.marker.key;
    const base = entry.ref ?? slug(entry.title);
    let ordinal = ordinals.get(base) ?? 1;
    const spelled = (): string => (ordinal === 1 ? base : `${base}~${ordinal}`);
    while (taken.has(spelled())) ordinal += 1;
    taken.add(spelled());
    ordinals.set(base, ordinal + 1);
    return spelled();
  });
}

/** Letters and digits of any script in lower case, joined by single hyphens; `item` where there are none. */
function slug(title: string): string {
  const parts = title
    .normalize("NFC")
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u);
  const whole = parts.filter((part) => part !== "").join("-");
  return Array.from(whole).slice(0, MAX_SLUG).join("").replace(/-$/, "") || "item";
}
