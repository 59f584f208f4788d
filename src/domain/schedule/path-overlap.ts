import { invalidField } from "#domain/errors.ts";

/** Where a pattern stops being literal: a wildcard, a class, a group, or an escape. */
const SPECIAL = /[*?[{\\]/;
/** A `..` that is left once a pattern is resolved: at its start, behind a wildcard, or in a group. */
const PARENT = /(?:^|[/{,])\.\.(?:$|[/},])/;
/**
 * Pairs of states looked at before two patterns count as overlapping. `src/**` + `/*.test.ts` against its like takes some 500; a pattern
 * made to be slow costs less than a millisecond.
 */
const MAX_PAIRS = 4_096;

/**
 * A path pattern as it is stored: relative to the repository's root, without `.`, `..` and empty parts; the whole repository is `**`.
 * Errors: `invalid` for what is absolute, leaves the repository, or has a `..` behind a wildcard.
 */
export function normalizePattern(pattern: string): string {
  const resolved = resolve(pattern);
  if (pattern.startsWith("/") || pattern.includes("\0") || PARENT.test(resolved))
    throw invalidField(
      "path",
      pattern,
      "a path or a glob relative to the root of the repository, such as docs/index.md or src/db/**",
    );
  return resolved;
}

function resolve(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split("/")) {
    const last = parts.at(-1);
    if (part === "" || part === ".") continue;
    if (part === ".." && last !== undefined && last !== ".." && !SPECIAL.test(last)) parts.pop();
    else parts.push(part);
  }
  if (parts.length === 0) return "**";
  return parts.join("/") + (pattern.endsWith("/") ? "/" : "");
}

/**
 * The literal start of a normalized pattern up to its last folder: `src/**` + `/a.ts` → `src/`, `src/a.ts` → `src/a.ts`, `**` → the
 * empty prefix. Patterns that overlap have prefixes of which one names the other, or a folder above it.
 */
export function literalPrefix(pattern: string): string {
  const at = pattern.search(SPECIAL);
  if (at < 0) return pattern;
  return pattern.slice(0, pattern.lastIndexOf("/", at) + 1);
}

/**
 * Whether some path of a repository can match both of two patterns. A literal matches a file or a folder and all below it; a glob matches as
 * written: `*` and `?` stay in one part of a path, `**` spans parts, then `[a-z]`, `[!a]`, `{a,b}` and `\` before a character that is
 * meant itself. Answers true where telling would take too long.
 */
export function patternsOverlap(a: string, b: string): boolean {
  const [one, other] = [resolve(a), resolve(b)];
  return prefixesOverlap(literalPrefix(one), literalPrefix(other)) && intersect(compile(one), compile(other));
}

/** Whether a file of the repository matches a pattern, or is called as the pattern is written: `app/[id].ts`. */
export function matchesPattern(pattern: string, path: string): boolean {
  const written = resolve(pattern);
  return written === path || intersect(compile(written), compile(path.replaceAll(/[*?[{\\]/g, "\\$&"), true));
}

function prefixesOverlap(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (!long.startsWith(short)) return false;
  return short === "" || short.length === long.length || short.endsWith("/") || long[short.length] === "/";
}

/** Characters that one step takes: inclusive ranges of code points other than `/`, and whether it takes `/`. */
interface CharacterSet {
  readonly slash: boolean;
  readonly ranges: readonly (readonly [from: number, to: number])[];
}

interface State {
  /** States entered without a character. */
  readonly free: number[];
  readonly steps: { readonly on: CharacterSet; readonly to: number }[];
}

/** A non-deterministic automaton: begins in state 0, accepts in the last. */
type Automaton = readonly State[];

const SLASH = 0x2f;
const LAST = 0x10ffff;
const SLASH_ONLY: CharacterSet = { slash: true, ranges: [] };
const NAME: CharacterSet = without([]);
const ANY: CharacterSet = { ...NAME, slash: true };

function without(taken: CharacterSet["ranges"]): CharacterSet {
  const ranges: [number, number][] = [];
  let from = 0;
  for (const [start, end] of [...taken, [SLASH, SLASH] as const].toSorted(([a], [b]) => a - b)) {
    if (start > from) ranges.push([from, start - 1]);
    from = Math.max(from, end + 1);
  }
  if (from <= LAST) ranges.push([from, LAST]);
  return { slash: false, ranges };
}

/** @param exact a literal names one file, and nothing below it */
function compile(pattern: string, exact = false): Automaton {
  const builder = new AutomatonBuilder(Array.from(pattern));
  const end = builder.sequence(0, []);
  if (exact || SPECIAL.test(pattern))
    return builder.finish(pattern.endsWith("/") ? builder.anything(end) : end);
  return builder.finish(pattern.endsWith("/") ? builder.anything(end) : builder.orBelow(end));
}

class AutomatonBuilder {
  private readonly states: State[] = [{ free: [], steps: [] }];
  private readonly text: readonly string[];
  private at = 0;

  constructor(text: readonly string[]) {
    this.text = text;
  }

  finish(end: number): Automaton {
    this.free(end, this.add());
    return this.states;
  }

  /** Reads up to one of `stops`, or to the end. */
  sequence(from: number, stops: readonly string[]): number {
    let state = from;
    while (this.at < this.text.length && !stops.includes(this.text[this.at] ?? "")) state = this.part(state);
    return state;
  }

  anything(from: number): number {
    return this.loop(from, ANY);
  }

  orBelow(from: number): number {
    const end = this.add();
    this.free(from, end);
    this.free(this.anything(this.step(from, SLASH_ONLY)), end);
    return end;
  }

  private part(from: number): number {
    const char = this.text[this.at] ?? "";
    if (char === "*") return this.stars(from);
    if (char === "[") return this.characterClass(from);
    if (char === "{") return this.group(from);
    this.at += 1;
    if (char === "?") return this.step(from, NAME);
    if (char !== "\\" || this.at >= this.text.length) return this.character(from, char);
    return this.character(from, this.text[this.at++] ?? "");
  }

  /** Two stars that are a whole part span parts, and with the slash behind them also none; otherwise they are one. */
  private stars(from: number): number {
    const startsPart = this.at === 0 || "/{,".includes(this.text[this.at - 1] ?? "");
    const first = this.at;
    while (this.text[this.at] === "*") this.at += 1;
    const next = this.text[this.at] ?? "";
    if (this.at - first < 2 || !startsPart || !["", "/", "}", ","].includes(next))
      return this.loop(from, NAME);
    if (next !== "/") return this.anything(from);
    this.at += 1;
    const end = this.step(this.anything(from), SLASH_ONLY);
    this.free(from, end);
    return end;
  }

  /** `[` that nothing closes means itself. */
  private characterClass(from: number): number {
    let at = this.at + 1;
    const isNegated = ["!", "^"].includes(this.text[at] ?? "");
    if (isNegated) at += 1;
    const ranges: [number, number][] = [];
    for (let first = true; first || this.text[at] !== "]"; first = false) {
      if (this.text[at] === "\\") at += 1;
      const start = this.text[at];
      if (start === undefined) return this.itself(from);
      const isRange = this.text[at + 1] === "-" && ![undefined, "]"].includes(this.text[at + 2]);
      ranges.push([codeOf(start), codeOf((isRange ? this.text[at + 2] : undefined) ?? start)]);
      at += isRange ? 3 : 1;
    }
    this.at = at + 1;
    return this.step(from, isNegated ? without(ranges) : { slash: false, ranges });
  }

  /** `{` that nothing closes means itself. */
  private group(from: number): number {
    if (!this.isClosed()) return this.itself(from);
    const end = this.add();
    while (this.text[this.at] !== "}") {
      this.at += 1;
      const start = this.add();
      this.free(from, start);
      this.free(this.sequence(start, [",", "}"]), end);
    }
    this.at += 1;
    return end;
  }

  private isClosed(): boolean {
    let depth = 0;
    for (let at = this.at; at < this.text.length; at += 1) {
      if (this.text[at] === "\\") at += 1;
      else if (this.text[at] === "{") depth += 1;
      else if (this.text[at] === "}" && (depth -= 1) === 0) return true;
    }
    return false;
  }

  private itself(from: number): number {
    return this.character(from, this.text[this.at++] ?? "");
  }

  private character(from: number, char: string): number {
    const code = codeOf(char);
    return this.step(from, code === SLASH ? SLASH_ONLY : { slash: false, ranges: [[code, code]] });
  }

  private loop(from: number, on: CharacterSet): number {
    const state = this.add();
    this.free(from, state);
    this.states[state]?.steps.push({ on, to: state });
    return state;
  }

  private step(from: number, on: CharacterSet): number {
    const to = this.add();
    this.states[from]?.steps.push({ on, to });
    return to;
  }

  private free(from: number, to: number): void {
    this.states[from]?.free.push(to);
  }

  private add(): number {
    return this.states.push({ free: [], steps: [] }) - 1;
  }
}

const codeOf = (char: string): number => char.codePointAt(0) ?? 0;

/** Looks for a path that takes both automata to their ends; a path has no empty part. */
function intersect(a: Automaton, b: Automaton): boolean {
  const seen = new Set<number>();
  const waiting: (readonly [inA: number, inB: number, inPart: boolean])[] = [];
  const enter = (inA: number, inB: number, inPart: boolean): void => {
    const id = (inA * b.length + inB) * 2 + (inPart ? 1 : 0);
    if (seen.has(id)) return;
    seen.add(id);
    waiting.push([inA, inB, inPart]);
  };
  enter(0, 0, false);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [inA, inB, inPart] = next;
    if (seen.size > MAX_PAIRS || (inPart && inA === a.length - 1 && inB === b.length - 1)) return true;
    for (const to of a[inA]?.free ?? []) enter(to, inB, inPart);
    for (const to of b[inB]?.free ?? []) enter(inA, to, inPart);
    for (const one of a[inA]?.steps ?? [])
      for (const other of b[inB]?.steps ?? []) {
        if (inPart && one.on.slash && other.on.slash) enter(one.to, other.to, false);
        if (meet(one.on, other.on)) enter(one.to, other.to, true);
      }
  }
  return false;
}

function meet({ ranges: a }: CharacterSet, { ranges: b }: CharacterSet): boolean {
  return a.some(([from, to]) => b.some(([start, end]) => from <= end && start <= to));
}
