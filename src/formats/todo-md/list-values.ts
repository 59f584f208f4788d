import type { Block, ListBlock, ListEntry, Mask } from "./markdown-block.ts";
import { type FoundField, isComment, isEmpty } from "./read-fields.ts";
import { lineOf, markdownOf, type Source, textOf } from "./source-text.ts";
import type { TodoRisk, TodoStep } from "./todo-item.ts";

interface ListValue {
  readonly text: string;
  readonly checked?: boolean;
}

/** The values of a list field: its list entries; where it has no list, its paragraphs; where it has none, its line. */
export function listValues(source: Source, field: FoundField): readonly ListValue[] {
  const values = valuesOf(source, field.blocks);
  if (isEmpty(field.inline)) return values;
  const line = lineOf(source, field.inline, field.inlineMasks);
  return line === "" ? values : [{ text: line }, ...values];
}

function valuesOf(source: Source, blocks: readonly Block[]): readonly ListValue[] {
  const values: ListValue[] = [];
  const hasList = blocks.some((block) => block.kind === "list");
  for (const block of blocks) {
    if (block.kind === "list") values.push(...entriesOf(source, block));
    else if (isComment(source, block) || block.kind === "heading") continue;
    else if (block.kind === "paragraph" && !hasList)
      values.push({ text: textOf(source, block, block.masks) });
    else if (block.kind === "code" || !hasList) appendTo(values, markdownOf(source, [block]));
  }
  return values.filter((value) => value.text !== "");
}

function appendTo(values: ListValue[], text: string): void {
  const last = values.pop();
  values.push(last === undefined ? { text } : { ...last, text: `${last.text}\n\n${text}` });
}

function entriesOf(source: Source, list: ListBlock): readonly ListValue[] {
  return list.entries.map((entry) => {
    const text = entryText(source, entry);
    return entry.checked === undefined ? { text } : { text, checked: entry.checked };
  });
}

/** An entry's Markdown without its marker, its checkbox and its comments. */
export function entryText(source: Source, entry: ListEntry): string {
  const first = entry.children[0];
  const last = entry.children.at(-1);
  if (first === undefined || last === undefined) return "";
  const masks: readonly Mask[] = entry.children.flatMap((child) =>
    child.kind === "paragraph" ? child.masks : [],
  );
  return textOf(source, { start: first.start, end: last.end }, masks);
}

const OPTIONAL_BEFORE =
  /^(?:[*_]{0,2}[([]optional[)\]][*_]{0,2}:?|\*{1,2}optional:?\*{1,2}:?|_{1,2}optional:?_{1,2}:?|optional(?::|\s[-–—]\s))\s*/i;
const OPTIONAL_AFTER =
  /\s*(?:[*_]{0,2}[([]optional[)\]][*_]{0,2}|\*{1,2}optional\*{1,2}|_{1,2}optional_{1,2})([.:;]?)$/i;

/** Takes the word that makes a step optional off its first line. */
export function readStep(value: ListValue): TodoStep {
  const [head = "", ...rest] = value.text.split("\n");
  const bare = replaceNearEnd(head.replace(OPTIONAL_BEFORE, ""), OPTIONAL_AFTER, "$1");
  const optional = bare !== head;
  const text = [optional ? bare : head, ...rest].join("\n").trim();
  return { text, optional, ...(value.checked === undefined ? {} : { done: value.checked }) };
}

/** Divides `the index rots; mitigation: rebuild it nightly` in two. */
export function readRisk(value: ListValue): TodoRisk {
  const label = /(?:^|[\s(;,.–—-])[*_]{0,2}mitigations?[*_]{0,2}:[*_]{0,2}\s*/i.exec(value.text);
  if (label === null) return { text: value.text };
  const text = replaceNearEnd(value.text.slice(0, label.index), /[\s*_]*[;,(–—-]?[\s*_]*$/, "");
  const mitigation = value.text.slice(label.index + label[0].length).trim();
  return text === "" || mitigation === "" ? { text: value.text } : { text, mitigation };
}

/** Looks at the last characters only: a pattern bound to the end alone costs the square of the text's length. */
function replaceNearEnd(text: string, pattern: RegExp, replacement: string): string {
  const cut = Math.max(0, text.length - 40);
  return text.slice(0, cut) + text.slice(cut).replace(pattern, replacement);
}
