import type { LineTable } from "./line-table.ts";
import type { Block } from "./markdown-block.ts";
import { parseBlocks } from "./markdown-parser.ts";
import type { TodoProblem } from "./todo-item.ts";

/** Lines parsed at once. The parser's cost grows faster than the text; pieces keep it even. */
const PIECE_LINES = 200;
/** A piece that cannot be divided (one list, one paragraph). Measured: 20,000 checklist lines take 3 s. */
const MAX_PIECE_LINES = 20_000;

export interface ReadBlocks {
  readonly blocks: readonly Block[];
  readonly problems: readonly TodoProblem[];
}

/** The top-level blocks of a text. */
export function readBlocks(text: string, lines: LineTable): ReadBlocks {
  const blocks: Block[] = [];
  let from = afterFrontMatter(lines);
  while (from <= lines.count) {
    const piece = readPiece(text, lines, from);
    if ("problem" in piece) return { blocks: [], problems: [piece.problem] };
    for (const block of piece.blocks) blocks.push(block);
    from = piece.next;
  }
  return { blocks, problems: [] };
}

type Piece = { readonly blocks: readonly Block[]; readonly next: number } | { readonly problem: TodoProblem };

/** Grows the piece until it does not end inside a code fence or raw HTML that the next one would continue. */
function readPiece(text: string, lines: LineTable, from: number): Piece {
  for (let size = PIECE_LINES; ; size *= 2) {
    const next = nextBoundary(lines, from + size);
    if (next - from > MAX_PIECE_LINES) {
      const message = `More than ${MAX_PIECE_LINES} lines from line ${from} on form one block. Divide them under headings.`;
      return { problem: { line: from, message } };
    }
    const start = lines.startOf(from);
    const end = next > lines.count ? text.length : lines.startOf(next);
    const blocks = parsedOr(text.slice(start, end), start);
    if (blocks === undefined) {
      return {
        problem: {
          line: from,
          message: `The Markdown from line ${from} on is too deeply nested to be read. Simplify it.`,
        },
      };
    }
    if (next > lines.count || !endsOpen(text, blocks.at(-1))) return { blocks, next };
  }
}

function parsedOr(piece: string, start: number): readonly Block[] | undefined {
  try {
    return parseBlocks(piece, start);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The next line at which a new top-level block starts whatever came before, save an open fence or raw HTML: after a blank
 * line, a letter, a heading, a quote or a bold word in the first column ends lists, quotes and indented code.
 */
function nextBoundary(lines: LineTable, from: number): number {
  for (let line = from; line <= lines.count; line += 1) {
    if (/^(?:\p{L}|[#>]|\*\*)/u.test(lines.textOf(line)) && lines.textOf(line - 1).trim() === "") return line;
  }
  return lines.count + 1;
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
function afterFrontMatter(lines: LineTable): number {
  if (lines.textOf(1).trimEnd() !== "---" || !/^[\w-]+:/.test(lines.textOf(2))) return 1;
  for (let line = 3; line <= Math.min(lines.count, 200); line += 1) {
    if (/^(?:---|\.\.\.)\s*$/.test(lines.textOf(line))) return line + 1;
  }
  return 1;
}
