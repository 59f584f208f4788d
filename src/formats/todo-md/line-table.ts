/** Where the lines of a text start. A line ends with `\n`, `\r\n` or a lone `\r`, as in Markdown. */
export interface LineTable {
  /** Number of lines; a text that ends with a line end has no empty last one. */
  readonly count: number;
  /** Offset of a line's first character; lines count from 1. */
  startOf(line: number): number;
  /** Offset after a line's last character, before its line end. */
  endOf(line: number): number;
  /** The line that holds an offset, from 1. */
  lineAt(offset: number): number;
  textOf(line: number): string;
}

export function lineTable(text: string): LineTable {
  const starts: number[] = [0];
  const ends: number[] = [];
  for (const match of text.matchAll(/\r\n|\n|\r/g)) {
    ends.push(match.index);
    starts.push(match.index + match[0].length);
  }
  ends.push(text.length);
  if (starts.length > 1 && starts.at(-1) === text.length) {
    starts.pop();
    ends.pop();
  }
  const startOf = (line: number): number => starts[line - 1] ?? text.length;
  const endOf = (line: number): number => ends[line - 1] ?? text.length;
  return {
    count: starts.length,
    startOf,
    endOf,
    lineAt: (offset) => lastAtOrBefore(starts, offset) + 1,
    textOf: (line) => text.slice(startOf(line), endOf(line)),
  };
}

function lastAtOrBefore(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
