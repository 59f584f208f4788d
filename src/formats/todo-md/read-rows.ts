import type { ParagraphBlock } from "./markdown-blocks.ts";
import type { FoundField } from "./read-fields.ts";
import { type Mask, type Range, type Source, textOf } from "./source-text.ts";
import { ballotAt, boxAt, type FieldName, fieldNamed, plainWords } from "./todo-words.ts";

/** An item on a line of a paragraph or in a row of a table. */
export interface Row extends Range {
  readonly title: Range;
  readonly masks: readonly Mask[];
  readonly box: { readonly done: boolean; readonly mark: Range } | undefined;
  readonly cells: { readonly fields: readonly FoundField[]; readonly rest: readonly string[] } | undefined;
}

interface Rows {
  readonly rows: readonly Row[];
  /** What stands before the rows; the whole paragraph where it has none. */
  readonly before: ParagraphBlock | undefined;
  /** Lines that belong to a table and to no row. */
  readonly leading: readonly number[];
}

/** Reads a paragraph whose lines are items: those of a table, and lines with a checkbox that is no list entry's (`-[ ] a`, `☐ a`). */
export function readRows(source: Source, paragraph: ParagraphBlock): Rows {
  const lines = linesOf(source, paragraph);
  const table = readTable(source, paragraph, lines);
  if (table !== undefined) return table;
  const boxes = lines.map((line) => boxOnLine(source, line));
  const first = boxes.findIndex((box) => box !== undefined);
  if (first === -1) return { rows: [], before: paragraph, leading: [] };
  const inside = ({ start, end }: Range) =>
    paragraph.masks.filter((mask) => start <= mask.start && mask.end <= end);
  const rows: Row[] = [];
  for (const [at, line] of lines.entries()) {
    const box = boxes[at];
    if (box !== undefined) {
      const mark = { start: line.start + box.mark.start, end: line.start + box.mark.end };
      const start = line.start + box.length;
      if (start < line.end)
        rows.push({
          ...line,
          title: { start, end: line.end },
          masks: inside(line),
          box: { done: box.done, mark },
          cells: undefined,
        });
    } else if (rows.length > 0) {
      const last = rows.pop();
      if (last === undefined) continue;
      const { end } = line;
      const masks = inside({ start: last.start, end });
      rows.push({ ...last, end, masks, title: { start: last.title.start, end } });
    }
  }
  const before = first === 0 ? undefined : { ...paragraph, end: lines[first - 1]?.end ?? paragraph.start };
  return { rows, before, leading: [] };
}

/** The lines of a paragraph without the white space around them. */
function linesOf(source: Source, { start, end }: ParagraphBlock): readonly Range[] {
  const first = source.lines.lineAt(start);
  const last = source.lines.lineAt(Math.max(start, end - 1));
  return Array.from({ length: last - first + 1 }, (_, at) => {
    const from = Math.max(start, source.lines.startOf(first + at));
    const text = source.text.slice(from, Math.min(end, source.lines.endOf(first + at)));
    const inkAt = from + text.length - text.trimStart().length;
    return { start: inkAt, end: Math.max(inkAt, from + text.trimEnd().length) };
  });
}

function boxOnLine(source: Source, { start, end }: Range) {
  const text = source.text.slice(start, Math.min(end, start + 40));
  const marker = /^(?:[-*+•·](?=\[)|[•·][ \t]+(?=\[))?/.exec(text)?.[0].length ?? 0;
  const box = boxAt(text.slice(marker)) ?? ballotAt(text.slice(marker));
  if (box === undefined) return undefined;
  const mark = { start: box.mark[0] + marker, end: box.mark[1] + marker };
  return { length: box.length + marker, done: box.done, mark };
}

/** Columns that hold the title; the words after the bar only beside a column that shows the rows to be work. */
const TITLE_COLUMN =
  /^(?:tasks?|todos?|to-?do|work|title|aufgabe|tâche|tarea|tarefa|задача|任务|任務|待办|事项|タスク|작업)$/u;
const WEAK_TITLE =
  /^(?:items?|what|names?|features?|issues?|bugs?|subject|titel|titre|título|название|项目|項目|功能|機能|名称)$/u;

interface Column {
  readonly name: string;
  readonly field: FieldName | undefined;
  readonly isTitle: boolean;
}

function readTable(source: Source, paragraph: ParagraphBlock, lines: readonly Range[]): Rows | undefined {
  const ruleAt = lines.findIndex(({ start, end }) => {
    const text = source.text.slice(start, Math.min(end, start + 2_000));
    return text.includes("-") && text.includes("|") && /^[\s|:-]+$/.test(text);
  });
  const head = lines[ruleAt - 1];
  if (head === undefined) return undefined;
  const columns = columnsOf(source, head);
  if (columns === undefined) return undefined;
  const rows = lines.slice(ruleAt + 1).flatMap((line) => readRow(source, paragraph.masks, line, columns));
  const before = ruleAt > 1 ? { ...paragraph, end: lines[ruleAt - 2]?.end ?? paragraph.start } : undefined;
  const leading = [ruleAt - 1, ruleAt].map((at) => source.lines.lineAt(lines[at]?.start ?? paragraph.start));
  return { rows, before, leading: rows.length === 0 ? [] : leading };
}

/** Undefined where the table's rows are no items. */
function columnsOf(source: Source, head: Range): readonly Column[] | undefined {
  const named = cellsOf(source, head).map((cell) => {
    const name = source.text.slice(cell.start, cell.end);
    return { name: name.replaceAll(/[*_`]/g, ""), plain: plainWords(name), field: fieldNamed(name, true) };
  });
  const showsWork = named.some(({ field }) => field === "status" || field === "other");
  const strong = named.findIndex(({ plain }) => TITLE_COLUMN.test(plain));
  const weak = showsWork ? named.findIndex(({ plain }) => WEAK_TITLE.test(plain)) : -1;
  // Beside a status, what stands first is what has it.
  const first = named.findIndex(({ plain }) => plain !== "" && !/^(?:id|no|nr|№)$/u.test(plain));
  const hasStatus = named.some(({ field }) => field === "status") && named[first]?.field === undefined;
  const titleAt = [strong, weak, hasStatus ? first : -1].find((at) => at !== -1) ?? -1;
  if (titleAt === -1) return undefined;
  return named.map(({ name, plain, field }, at) => ({
    name,
    field: /^(?:notes?|comments?|notizen?|bemerkung|备注|説明|メモ)$/u.test(plain) ? "problem" : field,
    isTitle: at === titleAt,
  }));
}

function readRow(
  source: Source,
  all: readonly Mask[],
  line: Range,
  columns: readonly Column[],
): readonly Row[] {
  const masks = all.filter((mask) => line.start <= mask.start && mask.end <= line.end);
  const cells = cellsOf(source, line);
  const fields: FoundField[] = [];
  const rest: string[] = [];
  let title: Range | undefined;
  for (const [at, cell] of cells.entries()) {
    const column = columns[at];
    const text = textOf(source, cell, masks);
    if (column === undefined || text === "") continue;
    if (column.isTitle) title = cell;
    else if (column.field === undefined || column.field === "other") rest.push(`**${column.name}:** ${text}`);
    else {
      const { start } = cell;
      fields.push({
        name: column.field,
        form: "cell",
        bold: false,
        start,
        inline: cell,
        inlineMasks: masks,
        blocks: [],
        holder: line,
      });
    }
  }
  if (title === undefined) return [];
  const box = boxAt(source.text.slice(title.start, title.end));
  const mark = box && { start: title.start + box.mark[0], end: title.start + box.mark[1] };
  const own = { start: title.start + (box?.length ?? 0), end: title.end };
  return [
    { ...line, title: own, masks, box: box && mark && { done: box.done, mark }, cells: { fields, rest } },
  ];
}

/** The cells of a table's line, without the white space around them; a bar after a backslash or in code divides nothing. */
function cellsOf(source: Source, { start, end }: Range): readonly Range[] {
  const bars: number[] = [];
  let inCode = false;
  for (let at = start; at < end; at += 1) {
    const character = source.text.charAt(at);
    if (character === "`") inCode = !inCode;
    if (character === "|" && !inCode && source.text.charAt(at - 1) !== "\\") bars.push(at);
  }
  const from = bars[0] === start ? bars : [start - 1, ...bars];
  const edges = from.at(-1) === end - 1 ? from : [...from, end];
  return edges.slice(1).map((edge, at) => {
    const left = (edges[at] ?? start) + 1;
    const text = source.text.slice(left, edge);
    const inkAt = left + text.length - text.trimStart().length;
    return { start: inkAt, end: Math.max(inkAt, left + text.trimEnd().length) };
  });
}
