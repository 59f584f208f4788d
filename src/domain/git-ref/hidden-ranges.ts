/** A half-open range of a text, in UTF-16 units. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** `https://…`, `git@host:path`, `host.tld/path`, `host.tld?query`. */
const ADDRESS =
  /(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/[^\s<>"`]*|(?<![^\s<>"`@])[^\s<>"`@]{1,200}@[^\s<>"`]+|(?<![A-Za-z0-9.-])(?:[A-Za-z0-9-]{1,63}\.){1,10}[A-Za-z0-9-]{1,63}[/?#][^\s<>"`]*/g;
/** A word that begins like a path: `/a`, `./a`, `../a`, `~/a`, `C:\a`. */
const PATH = /(?<!\S)["'(]?(?:~|\.{1,2})?[/\\]\S*|(?<!\S)["'(]?[A-Za-z]:\\\S*/g;
const FENCE = /^ {0,3}(`{3,}|~{3,})[^\n]*$/gm;
const TICKS = /`+/g;

/** Where a text is not prose: addresses, paths, code spans and fenced code (CommonMark's rule for backticks). */
export function hiddenRanges(text: string): readonly Range[] {
  const fences = fencedCode(text);
  return [...fences, ...codeSpans(text, fences), ...matches(text, ADDRESS), ...matches(text, PATH)];
}

function matches(text: string, pattern: RegExp): readonly Range[] {
  return [...text.matchAll(pattern)].map(({ 0: { length }, index }) => ({ from: index, to: index + length }));
}

function fencedCode(text: string): readonly Range[] {
  const ranges: Range[] = [];
  let open: { from: number; mark: string } | undefined;
  for (const { 0: line, 1: mark = "", index } of text.matchAll(FENCE)) {
    if (open === undefined) {
      const spansOneLine = mark.startsWith("`") && line.trimStart().slice(mark.length).includes("`");
      if (!spansOneLine) open = { from: index, mark };
    } else if (mark.startsWith(open.mark) && line.trim() === mark) {
      ranges.push({ from: open.from, to: index + line.length });
      open = undefined;
    }
  }
  return open === undefined ? ranges : [...ranges, { from: open.from, to: text.length }];
}

/** A run of n backticks opens a span that the next run of exactly n closes, within one paragraph; else it is literal. */
function codeSpans(text: string, fences: readonly Range[]): readonly Range[] {
  const inFence = (at: number) => fences.some(({ from, to }) => at >= from && at < to);
  const runs = [...text.matchAll(TICKS)].filter(({ index }) => !inFence(index));
  const ranges: Range[] = [];
  for (let open = 0; open < runs.length; open++) {
    const start = runs[open];
    const close = runs.findIndex((run, at) => at > open && run[0] === start?.[0]);
    const end = runs[close];
    if (start === undefined || end === undefined) continue;
    if (/\n[ \t]*\n/.test(text.slice(start.index, end.index))) continue;
    ranges.push({ from: start.index, to: end.index + end[0].length });
    open = close;
  }
  return ranges;
}
