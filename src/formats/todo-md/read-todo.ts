import { MAX_TITLE } from "#domain/text/bounded-text.ts";
import type { TodoEntry, TodoFile, TodoLeft, TodoProblem } from "#operations/ports/todo-format.ts";
import { findEntries, type Outline } from "./find-entries.ts";
import { afterFrontMatter, type Block, isComment, isOpenFence, readBlocks } from "./markdown-blocks.ts";
import { itemKeys, type ItemDraft, type ItemLayout } from "./read-entry.ts";
import { decodeText, type Source, sourceOf, tooLarge, type UnsafeLine, unsafeLines } from "./source-text.ts";

/** An item and where its parts stand. */
export interface PlacedItem {
  readonly entry: TodoEntry;
  readonly layout: ItemLayout;
}

export interface ReadTodo extends TodoFile {
  readonly source: Source;
  readonly hasByteOrderMark: boolean;
  readonly placed: readonly PlacedItem[];
  /** What was refused of what was found. */
  readonly dropped: readonly ItemDraft[];
}

const MAX_ITEM_BYTES = 1024 * 1024;

/**
 * Reads a TODO.md. Never throws. A file that cannot be read as a whole has problems and no entries; an entry that cannot be
 * taken is refused at its line, and the others are read.
 * @param prefixes of the workspace's refs (`OB`): a title that begins with such a ref has it
 */
export function readTodo(input: Uint8Array | string, prefixes: readonly string[] = []): ReadTodo {
  const { hasByteOrderMark, text, problems } = decodeText(input);
  const source = sourceOf(text);
  const read = { source, hasByteOrderMark };
  const unreadable = [...problems, ...tooLarge(source)];
  if (unreadable.length > 0) return { ...read, ...nothing(unreadable) };
  const unsafe = unsafeLines(source);
  const found = readBlocks(source, hiding(source, unsafe));
  const broken = [...found.problems, ...openBlocks(source, found.blocks), ...conflicts(source, found.blocks)];
  if (broken.length > 0) return { ...read, ...nothing(inOrder(broken)) };
  const outline = findEntries(source, found.blocks, prefixes);
  const { taken, dropped, refused } = sift(outline.drafts, unsafe);
  const keys = itemKeys(taken);
  const placed = taken.map(({ entry, layout }, at) => ({ entry: { key: keys[at] ?? "", ...entry }, layout }));
  return {
    ...read,
    placed,
    dropped,
    entries: placed.map(({ entry }) => entry),
    problems: [],
    refused,
    sections: sectionsOf(source, outline),
    left: leftLines(source, found.blocks, outline, taken),
  };
}

const nothing = (problems: readonly TodoProblem[]): Omit<ReadTodo, "source" | "hasByteOrderMark"> => ({
  placed: [],
  dropped: [],
  entries: [],
  problems,
  refused: [],
  sections: [],
  left: [],
});

const inOrder = (problems: readonly TodoProblem[]): readonly TodoProblem[] =>
  problems.toSorted((left, right) => left.line - right.line);

/** The text with spaces in the place of lines that no parser may see. */
function hiding({ text, lines }: Source, unsafe: readonly UnsafeLine[]): string {
  let seen = "";
  let from = 0;
  for (const { line, hidden } of unsafe) {
    if (!hidden) continue;
    const start = lines.startOf(line);
    seen += text.slice(from, start) + " ".repeat(lines.endOf(line) - start);
    from = lines.endOf(line);
  }
  return seen + text.slice(from);
}

/** A code fence or comment that nothing closes swallows the rest of the file. */
function openBlocks(source: Source, blocks: readonly Block[]): readonly TodoProblem[] {
  const last = blocks.at(-1);
  if (last === undefined) return [];
  const line = source.lines.lineAt(last.start);
  if (isOpenFence(source.text, last))
    return [
      { line, message: `The code fence of line ${line} is never closed. Close it with the same characters.` },
    ];
  if (!isComment(source, last) || source.text.slice(last.start, last.end).includes("-->")) return [];
  return [{ line, message: `The comment of line ${line} is never closed. Close it with -->.` }];
}

/** The markers that git leaves, anywhere but in a code block. A line of equals signs alone underlines a heading. */
function conflicts(source: Source, blocks: readonly Block[]): readonly TodoProblem[] {
  const problems: TodoProblem[] = [];
  const code = blocks.filter((block) => block.kind === "code");
  for (let line = 1; line <= source.lines.count; line += 1) {
    if (!/^(?:<{7}|>{7}|\|{7})(?: |$)/.test(source.lines.textOf(line))) continue;
    const start = source.lines.startOf(line);
    if (code.some((block) => block.start <= start && start < block.end)) continue;
    problems.push({
      line,
      message: `Line ${line} is a marker of a merge conflict. Resolve the conflict first.`,
    });
  }
  return problems;
}

/** Divides what was found into what can be taken and why the rest cannot. */
function sift(drafts: readonly ItemDraft[], unsafe: readonly UnsafeLine[]) {
  const taken: ItemDraft[] = [];
  const dropped: ItemDraft[] = [];
  const refused: TodoProblem[] = [];
  const free = new Set(unsafe);
  const lineOfName = new Map<string, number>();
  for (const draft of drafts) {
    const { line, endLine } = draft.entry;
    const inside = unsafe.filter((one) => one.line >= line && one.line <= endLine);
    for (const one of inside) free.delete(one);
    const reasons = [...inside.map(({ message }) => message), ...complaints(draft, lineOfName)];
    (reasons.length === 0 ? taken : dropped).push(draft);
    for (const message of reasons) refused.push({ line, message });
  }
  return {
    taken,
    dropped,
    refused: inOrder([...refused, ...[...free].map(({ line, message }) => ({ line, message }))]),
  };
}

function complaints({ entry, layout: { marker } }: ItemDraft, lineOfName: Map<string, number>): string[] {
  const { line, title, source } = entry;
  const length = Array.from(title).length;
  const found: string[] = [];
  if (!/[^\p{C}\p{Z}\p{M}]/u.test(title)) found.push(`The item of line ${line} has no title. Write one.`);
  if (length > MAX_TITLE)
    found.push(`The title of line ${line} has ${length} characters, the limit is ${MAX_TITLE}. Shorten it.`);
  if (Buffer.byteLength(source) > MAX_ITEM_BYTES)
    found.push(`The item of line ${line} has more than 1 MiB of text. Shorten it.`);
  for (const name of marker === undefined ? [] : [marker.ref, `key ${marker.key ?? marker.ref}`]) {
    const earlier = lineOfName.get(name);
    if (earlier === undefined) lineOfName.set(name, line);
    else
      found.push(
        `The items of lines ${earlier} and ${line} both carry the marker of ${name}. Remove one marker.`,
      );
  }
  return found;
}

function sectionsOf({ lines }: Source, { sections, drafts }: Outline): TodoFile["sections"] {
  const starts = drafts.map(({ entry }) => entry.line).toSorted((a, b) => a - b);
  return sections.map(({ heading, name, shape }, at) => {
    const line = lines.lineAt(heading.start);
    const next = sections[at + 1];
    const end = next === undefined ? Infinity : lines.lineAt(next.heading.start);
    return {
      line,
      depth: heading.depth,
      heading: name,
      shape,
      entries: starts.filter((one) => one >= line && one < end).length,
    };
  });
}

/** The lines that are neither blank nor an entry's, nor a heading or label above one. */
function leftLines(
  source: Source,
  blocks: readonly Block[],
  { sections, leading }: Outline,
  taken: readonly ItemDraft[],
): readonly TodoLeft[] {
  const { lines } = source;
  const isTaken = new Uint8Array(lines.count + 2);
  const take = (from: number, to: number) => isTaken.fill(1, from, to + 1);
  take(1, afterFrontMatter(source) - 1);
  for (const { entry } of taken) take(entry.line, entry.endLine);
  for (const line of leading) take(line, line);
  for (const block of blocks)
    if (block.kind === "rule") take(lines.lineAt(block.start), lines.lineAt(block.end));
  for (const [at, { heading }] of sections.entries()) {
    const next = sections.slice(at + 1).find((one) => one.heading.depth <= heading.depth);
    const [start, end] = [
      lines.lineAt(heading.start),
      next === undefined ? lines.count + 1 : lines.lineAt(next.heading.start),
    ];
    if (taken.some(({ entry }) => entry.line >= start && entry.line < end))
      take(start, lines.lineAt(Math.max(heading.start, heading.end - 1)));
  }
  const left: { line: number; endLine: number; text: string }[] = [];
  for (let line = 1; line <= lines.count; line += 1) {
    const text = lines.textOf(line).trim();
    if (isTaken[line] === 1 || text === "") continue;
    const last = left.at(-1);
    if (last !== undefined && last.endLine === line - 1) last.endLine = line;
    else left.push({ line, endLine: line, text: text.slice(0, 200) });
  }
  return left;
}
