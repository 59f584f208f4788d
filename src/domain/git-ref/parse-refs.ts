import { hiddenRanges, type Range } from "./hidden-ranges.ts";

/** A ref that a commit message, a branch name or any other text names. */
export interface RefMention {
  /** `OB-12` */
  readonly ref: string;
  /** The parts of the item named right after it: `OB-12 H2/M2` gives `["H2", "M2"]`. */
  readonly sub?: readonly string[];
  /** Whether `Closes`, `Fixes` or `Resolves` stands right before it. Anything else only links. */
  readonly closes: boolean;
  /** Where it begins, in UTF-16 units. */
  readonly offset: number;
}

/** What may not touch a ref on its left: it would be part of a longer word, a path, an address. */
const LEFT = "(?<![\\p{L}\\p{N}\\p{M}_\\-/\\\\.@$%~])";
/** The same on its right; a full stop may follow unless a word goes on behind it (`OB-12.md`). */
const RIGHT = "(?![\\p{L}\\p{N}\\p{M}_\\-/\\\\@$%~]|[.:=][\\p{L}\\p{N}_/])";
const CLOSING = /(?<![\p{L}\p{N}\p{M}_\-/\\.@"'“‘])(?:closes|fixes|resolves)(?::[ \t]*|[ \t]+)$/iu;
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
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  const quoted = /^\s*>|^Revert "/.test(before);
  const closes = !quoted && CLOSING.test(before.slice(-40));
  const sub = SUB.exec(text.slice(offset + ref.length, offset + ref.length + 80))?.[1];
  return { ref, closes, offset, ...(sub === undefined ? {} : { sub: sub.split(/[/,+&]/) }) };
}
