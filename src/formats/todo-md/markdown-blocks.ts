import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { type Processor, unified } from "unified";
import type { TodoProblem } from "#operations/ports/todo-format.ts";
import { fieldNamed } from "./todo-words.ts";
import { dedent, columnOf, type Mask, type Range, type Source, textOf } from "./source-text.ts";

export interface HeadingBlock extends Range {
  readonly kind: "heading";
  /** 1 to 6. */
  readonly depth: number;
  /** What stands between the markers. */
  readonly content: Range;
  readonly masks: readonly Mask[];
}

export interface ParagraphBlock extends Range {
  readonly kind: "paragraph";
  readonly masks: readonly Mask[];
}

export interface ListBlock extends Range {
  readonly kind: "list";
  readonly ordered: boolean;
  readonly entries: readonly ListEntry[];
}

export interface ListEntry extends Range {
  readonly children: readonly Block[];
}

/** Fenced or indented code, raw HTML, a thematic break, and what is none of the others (quotes, definitions). */
interface OpaqueBlock extends Range {
  readonly kind: "code" | "html" | "rule" | "other";
}

/** The blocks of a Markdown text as far as a TODO.md needs them, with offsets into the whole text. */
export type Block = HeadingBlock | ParagraphBlock | ListBlock | OpaqueBlock;

/**
 * Constructs that cannot change the structure of a TODO.md. They are off because their cost is not bounded: nested
 * emphasis of 160 KB took four minutes and then overflowed the stack, a table of 1 MB took 15 seconds.
 */
const UNUSED_CONSTRUCTS = [
  "attention",
  "strikethrough",
  "labelStartLink",
  "labelStartImage",
  "labelEnd",
  "gfmFootnoteCall",
  "gfmFootnoteDefinition",
  "gfmPotentialFootnoteCall",
  "wwwAutolink",
  "protocolAutolink",
  "emailAutolink",
  "table",
];

const processor = parserWithout(UNUSED_CONSTRUCTS);
/** For lists that are indented as a whole, which Markdown takes for code; made when the first one is met. */
let indentedProcessor: typeof processor | undefined;

type Root = ReturnType<typeof processor.parse>;
type Child = Root["children"][number];
type Item = Extract<Child, { type: "listItem" }>;
type Inline = Extract<Child, { type: "paragraph" }>["children"][number];

function parserWithout(constructs: readonly string[]) {
  return unified()
    .use(remarkParse)
    .use(remarkGfm)
    .use(function structureOnly(this: Processor): undefined {
      const data = this.data();
      data.micromarkExtensions = [
        ...(data.micromarkExtensions ?? []),
        { disable: { null: [...constructs] } },
      ];
      const flat = (data.fromMarkdownExtensions ?? []).flat();
      data.fromMarkdownExtensions = flat.filter((extension) => extension.transforms === undefined);
    })
    .freeze();
}

interface Piece {
  readonly text: string;
  /** Where the piece starts in the whole. */
  readonly offset: number;
}

function parsePiece(piece: Piece, parser = processor): readonly Block[] {
  return toBlocks(parser.parse(piece.text).children, piece);
}

function toBlocks(nodes: readonly Child[], piece: Piece): readonly Block[] {
  return nodes.flatMap((node) => toBlock(node, piece));
}

function toBlock(node: Child, piece: Piece): readonly Block[] {
  const range = rangeOf(node, piece);
  if (node.type === "heading") {
    const content = contentOf(node.children, range, piece);
    return [{ kind: "heading", depth: node.depth, content, masks: masksOf(node.children, piece), ...range }];
  }
  if (node.type === "paragraph") {
    const { start } = contentOf(node.children, range, piece);
    return [{ kind: "paragraph", masks: masksOf(node.children, piece), start, end: range.end }];
  }
  if (node.type === "list") {
    const entries = node.children.map((child) => toEntry(child, piece));
    return [{ kind: "list", ordered: node.ordered === true, entries, ...range }];
  }
  if (node.type === "thematicBreak") return [{ kind: "rule", ...range }];
  if (node.type === "code") return indentedList(range, piece) ?? [{ kind: "code", ...range }];
  return [{ kind: node.type === "html" ? "html" : "other", ...range }];
}

/** A list below a heading, each of its lines indented by four columns or a tab. */
function indentedList(range: Range, piece: Piece): readonly Block[] | undefined {
  const from = piece.text.lastIndexOf("\n", range.start - piece.offset - 1) + 1;
  const text = piece.text.slice(from, range.end - piece.offset);
  const rows = text.split(/\r\n|\n|\r/).filter((row) => row.trim() !== "");
  const indent = Math.min(...rows.map((row) => row.length - row.trimStart().length));
  const isList =
    indent > 0 && rows.every((row) => /^[ \t]|^(?:[-*+]|\d{1,3}[.)])[ \t]/.test(row.slice(indent)));
  if (!isList || /^[ \t]/.test(rows[0]?.slice(indent) ?? " ")) return undefined;
  indentedProcessor ??= parserWithout([...UNUSED_CONSTRUCTS, "codeIndented"]);
  return parsePiece({ text, offset: piece.offset + from }, indentedProcessor);
}

function toEntry(item: Item, piece: Piece): ListEntry {
  return { children: toBlocks(item.children, piece), ...rangeOf(item, piece) };
}

function contentOf(children: readonly Inline[], whole: Range, piece: Piece): Range {
  const first = children[0];
  const last = children.at(-1);
  if (first === undefined || last === undefined) return { start: whole.end, end: whole.end };
  return { start: rangeOf(first, piece).start, end: rangeOf(last, piece).end };
}

function masksOf(children: readonly Inline[], piece: Piece): readonly Mask[] {
  return children.flatMap((child): Mask[] => {
    if (child.type === "inlineCode") return [{ kind: "code", ...rangeOf(child, piece) }];
    if (child.type === "html")
      return [{ kind: child.value.startsWith("<!--") ? "comment" : "html", ...rangeOf(child, piece) }];
    return [];
  });
}

function rangeOf(node: Child | Inline | Item, { offset }: Piece): Range {
  const position = node.position;
  return { start: (position?.start.offset ?? 0) + offset, end: (position?.end.offset ?? 0) + offset };
}

/** Lines parsed at once. The parser's cost grows faster than the text; pieces keep it even. */
const PIECE_LINES = 200;
/** A piece that cannot be divided (one list, one paragraph). Measured: 20,000 checklist lines take 3 s. */
const MAX_PIECE_LINES = 20_000;

interface ReadBlocks {
  readonly blocks: readonly Block[];
  readonly problems: readonly TodoProblem[];
}

/** The top-level blocks of a text; `parsed` is the text as the parser may see it, of equal length. */
export function readBlocks({ text, lines }: Source, parsed = text): ReadBlocks {
  const blocks: Block[] = [];
  let from = afterFrontMatter({ text, lines });
  while (from <= lines.count) {
    const piece = readPiece(parsed, lines, from);
    if ("problem" in piece) return { blocks: [], problems: [piece.problem] };
    for (const block of piece.blocks) blocks.push(block);
    from = piece.next;
  }
  return { blocks, problems: [] };
}

type ReadPiece =
  | { readonly blocks: readonly Block[]; readonly next: number }
  | { readonly problem: TodoProblem };

/** Grows the piece until it does not end inside a code fence or raw HTML that the next one would continue. */
function readPiece(text: string, lines: Source["lines"], from: number): ReadPiece {
  let tried = from;
  for (let size = PIECE_LINES; ; size *= 2) {
    const next = nextBoundary(lines, tried + 1, from + size);
    tried = next;
    if (next - from > MAX_PIECE_LINES) {
      const message = `More than ${MAX_PIECE_LINES} lines from line ${from} on form one block. Divide them under headings.`;
      return { problem: { line: from, message } };
    }
    const start = lines.startOf(from);
    const end = next > lines.count ? text.length : lines.startOf(next);
    const blocks = parsedOr({ text: text.slice(start, end), offset: start });
    if (blocks === undefined) {
      const message = `The Markdown from line ${from} on is too deeply nested to be read. Simplify it.`;
      return { problem: { line: from, message } };
    }
    if (next > lines.count || !endsOpen(text, blocks.at(-1))) return { blocks, next };
  }
}

function parsedOr(piece: Piece): readonly Block[] | undefined {
  try {
    return parsePiece(piece);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The next line at which a new top-level block starts whatever came before, save an open fence or raw HTML: after a blank
 * line, a letter, a heading, a quote or a bold word in the first column ends lists, quotes and indented code. A field's label there ends a
 * list without one, too.
 */
function nextBoundary(lines: Source["lines"], from: number, enough: number): number {
  for (let line = from; line <= lines.count; line += 1) {
    const isNew = lines.textOf(line - 1).trim() === "";
    if (isNew && line >= enough && /^(?:\p{L}|[#>]|\*\*)/u.test(lines.textOf(line))) return line;
    if (!isNew && isLabel(lines.textOf(line)) && isInList(lines, line - 1)) return line;
  }
  return lines.count + 1;
}

const LABEL = /^(?:\*\*|__)?([\p{L}][\p{L}\p{M} '’-]{1,60}?)(?::(?:\*\*|__)|(?:\*\*|__)[:：]|[:：])(?=\s|$)/u;

/** A label of a field in the first column: Markdown would take it for more text of the list's entry above. */
function isLabel(text: string): boolean {
  const label = LABEL.exec(text)?.[1];
  return label !== undefined && fieldNamed(label, true) !== undefined;
}

function isInList(lines: Source["lines"], from: number): boolean {
  for (let line = from; line > 0 && lines.textOf(line).trim() !== ""; line -= 1)
    if (/^[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t]/.test(lines.textOf(line))) return true;
  return false;
}

function endsOpen(text: string, block: Block | undefined): boolean {
  return block !== undefined && (isOpenFence(text, block) || block.kind === "html");
}

/** Whether a fenced code block lacks its closing fence. */
export function isOpenFence(text: string, block: Block): boolean {
  if (block.kind !== "code") return false;
  const rows = text.slice(block.start, block.end).split(/\r\n|\n|\r/);
  const fence = /^ {0,3}(`{3,}|~{3,})/.exec(rows[0] ?? "")?.[1];
  if (fence === undefined) return false;
  const last = (rows.length > 1 ? (rows.at(-1) ?? "") : "").trim();
  return !(last.length >= fence.length && last === fence.charAt(0).repeat(last.length));
}

/** The line after a YAML header, which Markdown would read as a heading. */
export function afterFrontMatter({ lines }: Source): number {
  if (lines.textOf(1).trimEnd() !== "---" || !/^[\w-]+:/.test(lines.textOf(2))) return 1;
  for (let line = 3; line <= Math.min(lines.count, 200); line += 1) {
    if (/^(?:---|\.\.\.)\s*$/.test(lines.textOf(line))) return line + 1;
  }
  return 1;
}

/** Whether a block is raw HTML that starts as a comment. */
export function isComment(source: Source, block: Block): boolean {
  return block.kind === "html" && source.text.startsWith("<!--", block.start);
}

/** The Markdown of neighbouring blocks as written, comments left out, without the indentation of their container. */
export function markdownOf(source: Source, blocks: readonly Block[]): string {
  const texts: string[] = [];
  let run: Block[] = [];
  const flush = () => {
    const [first, last] = [run[0], run.at(-1)];
    run = [];
    if (first === undefined || last === undefined) return;
    const whole = source.text.slice(first.start, last.end);
    texts.push(dedent(whole, columnOf(source, first.start)).trimEnd());
  };
  for (const block of blocks) {
    if (!isComment(source, block) && !(block.kind === "paragraph" && block.masks.length > 0)) {
      run.push(block);
      continue;
    }
    flush();
    if (block.kind === "paragraph") texts.push(textOf(source, block, block.masks));
  }
  flush();
  return texts.filter((text) => text !== "").join("\n\n");
}
