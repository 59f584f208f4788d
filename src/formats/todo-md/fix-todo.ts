import { MAX_TITLE } from "#domain/text/bounded-text.ts";
import type { Patch } from "./edit-entry.ts";
import type { ItemDraft, ItemLayout } from "./read-entry.ts";
import { readTodo } from "./read-todo.ts";
import { BYTE_ORDER_MARK, columnOf, CONTROL, type Source, sourceOf } from "./source-text.ts";
import { applied } from "./write-todo.ts";

/**
 * Mends what is only a matter of form and changes no word: control characters go, broken checkboxes are written whole, a marker
 * that another item has goes, a title that is too long continues in a paragraph below it. A file that cannot be read stays.
 */
export function fixTodo(original: Uint8Array): Uint8Array {
  const read = readTodo(original);
  if (read.problems.length > 0) return original;
  const plain = read.source.text.replaceAll(new RegExp(CONTROL.source, "g"), "");
  const { placed, dropped, source } = readTodo(plain);
  const markers = new Set(placed.flatMap(({ layout: { marker } }) => marker?.ref ?? []));
  const patches = [
    ...placed.flatMap(({ layout }) => wholeBox(source, layout)),
    ...dropped.flatMap((draft) => [...ownMarker(markers, draft), ...shortTitle(source, draft)]),
  ];
  const text = applied(source, patches);
  if (text === read.source.text) return original;
  return new TextEncoder().encode((read.hasByteOrderMark ? BYTE_ORDER_MARK : "") + text);
}

/** `-[ ] a`, `- [] a` and `- [ ]a` become `- [ ] a`. */
function wholeBox({ text }: Source, { checkbox }: ItemLayout): readonly Patch[] {
  if (checkbox === undefined || text.charAt(checkbox.start - 1) !== "[") return [];
  const { start, end } = checkbox;
  const sign = text.slice(start, end).trim() || " ";
  const before = /[-*+•·]/.test(text.charAt(start - 2))
    ? [{ start: start - 1, end: start - 1, text: " " }]
    : [];
  const inside = text.slice(start, end) === sign ? [] : [{ start, end, text: sign }];
  const behind = /\s/.test(text.charAt(end + 1)) ? [] : [{ start: end + 1, end: end + 1, text: " " }];
  return [...before, ...inside, ...behind];
}

function ownMarker(taken: ReadonlySet<string>, { layout: { marker } }: ItemDraft): readonly Patch[] {
  return marker === undefined || !taken.has(marker.ref)
    ? []
    : [{ start: marker.start, end: marker.end, text: "" }];
}

/** Divides a title at the last sentence, else the last word, that fits. */
function shortTitle(source: Source, { layout, entry }: ItemDraft): readonly Patch[] {
  if (layout.shape === "row" || Array.from(entry.title).length <= MAX_TITLE) return [];
  const { start, end } = layout.title;
  const text = source.text.slice(start, Math.min(end, start + MAX_TITLE));
  const sentence = /^.*[.!?。！？](?=\s)/s.exec(text)?.[0].length ?? 0;
  const at = sentence > 0 ? sentence : text.lastIndexOf(" ");
  if (at <= 0) return [];
  const space = /^\s*/.exec(source.text.slice(start + at))?.[0].length ?? 0;
  const column = layout.shape === "heading" ? 0 : columnOf(source, layout.head.start);
  const patch = { start: start + at, end: start + at + space, text: `\n\n${" ".repeat(column)}` };
  return isReadable(source, patch) ? [patch] : [];
}

/** Code that holds a line's end would be torn apart. */
function isReadable(source: Source, patch: Patch): boolean {
  return (
    readTodo(applied(source, [patch])).refused.length < readTodo(sourceOf(source.text).text).refused.length
  );
}
