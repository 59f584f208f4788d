import { decodeText } from "./decode-text.ts";
import { itemKeys } from "./item-key.ts";
import type { ItemDraft, ItemLayout } from "./item-draft.ts";
import { lineTable } from "./line-table.ts";
import type { Block } from "./markdown-block.ts";
import { isOpenFence, readBlocks } from "./read-blocks.ts";
import { readItems } from "./read-items.ts";
import type { Source } from "./source-text.ts";
import type { ParsedTodo, TodoItem, TodoProblem } from "./todo-item.ts";
import { unsafeText } from "./unsafe-text.ts";

export interface ParseTodoOptions {
  /** Prefixes of the workspace's refs (`OB`): a title that begins with such a ref has it. Default: none, only markers count. */
  readonly refPrefixes?: readonly string[];
}

/** An item and where its parts stand. */
export interface PlacedItem {
  readonly item: TodoItem;
  readonly layout: ItemLayout;
}

export interface ReadTodo {
  readonly source: Source;
  readonly hasByteOrderMark: boolean;
  readonly placed: readonly PlacedItem[];
  readonly problems: readonly TodoProblem[];
}

const MAX_TITLE = 500;
const MAX_ITEM_BYTES = 1024 * 1024;
const NO_ITEM =
  "No item was found. Write items as headings with fields below them (**Status:**, **Trigger:**, **Steps:**, **Risks:**) or as a checklist (- [ ] do this).";

/** Reads a TODO.md. Never throws: what cannot be understood is a problem at its line, and then there are no items. */
export function parseTodo(input: Uint8Array | string, options: ParseTodoOptions = {}): ParsedTodo {
  const { placed, problems } = readTodo(input, options);
  return { items: placed.map(({ item }) => item), problems };
}

/** As {@link parseTodo}, with the places that the writer needs. */
export function readTodo(input: Uint8Array | string, options: ParseTodoOptions = {}): ReadTodo {
  const decoded = decodeText(input);
  const source: Source = { text: decoded.text, lines: lineTable(decoded.text) };
  const { hasByteOrderMark } = decoded;
  const failed = (problems: readonly TodoProblem[]): ReadTodo => ({
    source,
    hasByteOrderMark,
    placed: [],
    problems,
  });
  const unsafe = [...decoded.problems, ...unsafeText(source.text, source.lines)];
  if (unsafe.length > 0) return failed(unsafe);
  const { blocks, problems } = readBlocks(source.text, source.lines);
  const structural = [...problems, ...openBlocks(source, blocks), ...conflicts(source, blocks)];
  if (structural.length > 0) return failed(inOrder(structural));
  const drafts = readItems(source, blocks, { refPrefixes: options.refPrefixes ?? [] });
  const refused = drafts.length === 0 ? [{ line: 1, message: NO_ITEM }] : refusedItems(drafts);
  if (refused.length > 0) return failed(inOrder(refused));
  return { source, hasByteOrderMark, placed: withKeys(drafts), problems: [] };
}

function inOrder(problems: readonly TodoProblem[]): readonly TodoProblem[] {
  return problems.toSorted((left, right) => left.line - right.line);
}

function withKeys(drafts: readonly ItemDraft[]): readonly PlacedItem[] {
  const keys = itemKeys(
    drafts.map(({ item, layout }) => ({ kept: layout.marker?.key, ref: item.ref, title: item.title })),
  );
  return drafts.map(({ item, layout }, index) => ({ item: { key: keys[index] ?? "", ...item }, layout }));
}

/** A code fence or comment that nothing closes swallows the rest of the file. */
function openBlocks(source: Source, blocks: readonly Block[]): readonly TodoProblem[] {
  const last = blocks.at(-1);
  if (last === undefined) return [];
  const line = source.lines.lineAt(last.start);
  if (isOpenFence(source.text, last)) {
    return [
      { line, message: `The code fence of line ${line} is never closed. Close it with the same characters.` },
    ];
  }
  const html = last.kind === "html" ? source.text.slice(last.start, last.end) : "";
  if (!html.startsWith("<!--") || html.includes("-->")) return [];
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

function refusedItems(drafts: readonly ItemDraft[]): readonly TodoProblem[] {
  const lineOfRef = new Map<string, number>();
  return drafts.flatMap(({ item, layout }) => {
    const line = item.line;
    const messages = itemComplaints(item);
    const marked = layout.marker;
    for (const name of marked === undefined
      ? []
      : [marked.ref, ...(marked.key === undefined ? [] : [`key ${marked.key}`])]) {
      const earlier = lineOfRef.get(name);
      if (earlier !== undefined)
        messages.push(
          `The items of lines ${earlier} and ${line} both carry the marker of ${name}. Remove one marker.`,
        );
      else lineOfRef.set(name, line);
    }
    return messages.map((message) => ({ line, message }));
  });
}

function itemComplaints(item: Omit<TodoItem, "key">): string[] {
  const length = Array.from(item.title).length;
  const complaints: string[] = [];
  if (!/[^\p{C}\p{Z}\p{M}]/u.test(item.title))
    complaints.push(`The item of line ${item.line} has no title. Write one.`);
  if (length > MAX_TITLE) {
    complaints.push(
      `The title of line ${item.line} has ${length} characters, at most ${MAX_TITLE} are accepted. Shorten it.`,
    );
  }
  if (Buffer.byteLength(item.source) > MAX_ITEM_BYTES) {
    complaints.push(`The item of line ${item.line} has more than 1 MiB of text. Shorten it.`);
  }
  return complaints;
}
