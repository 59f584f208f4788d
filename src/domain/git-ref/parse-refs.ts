import { isSha, type Sha } from "./sha.ts";

/** A ref that a commit message, a branch name or any other text names. */
interface RefMention {
  /** `OB-12` */
  readonly ref: string;
  /** The parts of the item named right after it: `OB-12 H2/M2` gives `["H2", "M2"]`. */
  readonly sub?: readonly string[];
  /** Whether its line begins with a closing verb right before it. Anything else only links. */
  readonly closes: boolean;
  /** Where it begins, in UTF-16 units. */
  readonly offset: number;
}

/** Letters of scripts that put no space between words, or none before a particle: a ref beside one is no part of a longer word. */
const UNSPACED =
  "\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Hang}\\p{sc=Thai}\\p{sc=Laoo}\\p{sc=Khmr}\\p{sc=Mymr}\\u30fc";
/** What may not touch a ref on its left: it would be part of a longer word, a path, an address. */
const LEFT = `(?<!(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}_\\-/\\\\.@$%~])`;
/** The same on its right; a full stop may follow unless a word goes on behind it (`OB-12.md`). */
const RIGHT = `(?!(?![${UNSPACED}])[\\p{L}\\p{N}\\p{M}_\\-/\\\\@$%~]|[.:=][\\p{L}\\p{N}_/])`;
const SUB =
  /^[ \t]+([A-Z]{1,2}[0-9]{1,3}(?:[/,+&][A-Z]{1,2}[0-9]{1,3})*)(?![\p{L}\p{N}\p{M}_\-/\\]|\.[\p{L}\p{N}])/u;

/**
 * Finds the refs of the given item prefixes anywhere in a text, in order. A ref inside a longer word, an address, a path or a
 * code span is none. Letter case counts: `ob-12` is none.
 * @param prefixes current and former item prefixes, such as `OB`
 */
export function parseRefs(text: string, prefixes: readonly string[]): readonly RefMention[] {
  if (prefixes.length === 0) return [];
  const names = prefixes.map((prefix) => prefix.replace(/[^A-Z0-9]/g, "")).join("|");
  const pattern = new RegExp(`${LEFT}(?:${names})-[1-9][0-9]{0,14}${RIGHT}`, "gu");
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return [];
  const hidden = hiddenRanges(text);
  return found
    .filter(({ index }) => !hidden.some((range) => covers(range, index)))
    .map(({ 0: ref, index }) => mention(text, ref, index));
}

function covers({ from, to }: Range, index: number): boolean {
  return index >= from && index < to;
}

function mention(text: string, ref: string, offset: number): RefMention {
  const sub = SUB.exec(text.slice(offset + ref.length, offset + ref.length + 80))?.[1];
  const closes = sub === undefined && isClosing(text, ref, offset);
  return { ref, closes, offset, ...(sub === undefined ? {} : { sub: sub.split(/[/,+&]/) }) };
}

/** The closing verbs, in their usual forms. */
export const CLOSING_VERB =
  "(?:clos(?:e|es|ed|ing)|fix(?:es|ed|ing)?|resolv(?:e|es|ed|ing)|implement(?:s|ed|ing)?)";
const DECORATED = "[*_([]{0,3}";
/** What begins a line that closes: a verb, then refs alone, in a list or not, in bold or not. */
const CLOSING = new RegExp(
  `^[ \\t]*(?:[-*+][ \\t]+)?(?<verb>${CLOSING_VERB})(?<colon>:?)[ \\t]*` +
    `(?:${DECORATED}[A-Z][A-Z0-9]*-[1-9][0-9]*[*_)\\]]{0,3}[ \\t]*(?:,|and\\b|[&+]|，|、)[ \\t]*(?:and\\b[ \\t]*)?(?:${CLOSING_VERB}:?[ \\t]*)?)*${DECORATED}$`,
  "iu",
);
/** What behind a ref says that it is not quite done. */
const HEDGE =
  /^[*_)\]]{0,3}\s*\?|\b(?:partial|partially|partly|in part|maybe|perhaps|possibly|probably|hopefully|almost|nearly|halfway|not yet|wip|untested|(?:part|step) [0-9]+|[0-9]+ of [0-9]+)\b/iu;
/** A subject whose whole message closes nothing: it is unfinished, or about another commit. */
const CLOSES_NOTHING =
  /^[ \t]*(?:(?:fixup|squash|amend)! |revert\b|reapply\b|\[?\(?(?:wip|draft|do not merge)\b)/iu;
const BEGINS_CLOSING = new RegExp(`^[ \\t]*(?:[-*+][ \\t]+)?${CLOSING_VERB}\\b`, "iu");
/** Of one list of closings. */
const MOST_LINES = 50;
/** A line behind which a sentence begins: empty, a sentence's end, a trailer. */
const ENDS_BEFORE = /^[ \t]*$|[.!。！][ \t]*$|^[A-Z][A-Za-z]*(?:-[A-Za-z]+)+: \S|^(?:refs?|see|issue):/iu;

/**
 * A closing reference begins its line; prose that goes on from the line before, a quotation, a comment and an unfinished commit
 * close nothing.
 */
function isClosing(text: string, ref: string, offset: number): boolean {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  if (before.length > 200) return false;
  const { verb, colon } = CLOSING.exec(before)?.groups ?? {};
  if (verb === undefined) return false;
  const isSubject = lineStart === 0;
  // `fix: OB-3 …` is a type of change, as `feat:` is.
  if (isSubject && verb.toLowerCase() === "fix" && colon === ":") return false;
  if (CLOSES_NOTHING.test(text.slice(0, 80)) || isInComment(text, offset)) return false;
  const lineEnd = text.indexOf("\n", offset);
  if (HEDGE.test(text.slice(offset + ref.length, lineEnd === -1 ? text.length : lineEnd))) return false;
  return beginsSentence(text, lineStart);
}

function beginsSentence(text: string, lineStart: number): boolean {
  let start = lineStart;
  for (let lines = 0; start > 0 && lines < MOST_LINES; lines += 1) {
    const previousStart = text.lastIndexOf("\n", start - 2) + 1;
    const previous = text.slice(previousStart, start - 1);
    if (ENDS_BEFORE.test(previous)) return true;
    if (!BEGINS_CLOSING.test(previous)) return false;
    start = previousStart;
  }
  return start === 0;
}

/** Commits that a message says it takes back, in git's own words. */
export function parseReverts(body: string): readonly Sha[] {
  const named = [...body.matchAll(/^This reverts commit ([0-9a-f]+)/gm)].map(([, sha = ""]) => sha);
  return Array.from(new Set(named)).filter(isSha);
}

/** Between `<!--` and `-->`, as templates have them. */
function isInComment(text: string, offset: number): boolean {
  const open = text.lastIndexOf("<!--", offset);
  return open !== -1 && !text.slice(open, offset).includes("-->");
}

/** A half-open range of a text, in UTF-16 units. */
interface Range {
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
function hiddenRanges(text: string): readonly Range[] {
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
