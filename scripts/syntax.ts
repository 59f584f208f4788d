import { parseSync, visitorKeys } from "oxc-parser";

/** A part of a file's syntax tree. Its members are read by `part`, `parts` and `word`. */
export interface SyntaxNode {
  readonly type: string;
  /** Offsets in the text. */
  readonly start: number;
  readonly end: number;
}

/** What stands between two offsets is replaced. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function parse(path: string, text: string): SyntaxNode {
  const { program, errors } = parseSync(path, text);
  const [first] = errors;
  if (first !== undefined) throw new Error(`${path}: ${first.message}`);
  return program;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

const member = (node: SyntaxNode, name: string): unknown => Reflect.get(node, name);

export function part(node: SyntaxNode, name: string): SyntaxNode | undefined {
  const value = member(node, name);
  return isNode(value) ? value : undefined;
}

export function parts(node: SyntaxNode, name: string): readonly SyntaxNode[] {
  const value = member(node, name);
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** A member that is text: an operator, a name. Empty where there is none. */
export function word(node: SyntaxNode, name: string): string {
  const value = member(node, name);
  return typeof value === "string" ? value : "";
}

export const literal = (node: SyntaxNode): unknown => member(node, "value");

/** What of TypeScript's own has expressions inside. */
const HOLDS_EXPRESSIONS = new Set(["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression"]);

/** Visits what runs, parents first; types are passed over. `above` begins with the program and is read while the visit lasts. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, above: readonly SyntaxNode[]) => void,
  above: SyntaxNode[] = [],
): void {
  if (node.type.startsWith("TS") && !HOLDS_EXPRESSIONS.has(node.type)) return;
  visit(node, above);
  above.push(node);
  const keys: readonly string[] = visitorKeys[node.type] ?? [];
  for (const key of keys) {
    const below = part(node, key);
    for (const child of below === undefined ? parts(node, key) : [below]) walk(child, visit, above);
  }
  above.pop();
}

/** Edits that do not overlap, but may stand inside one another's ends: those at one place keep their order. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let done = "";
  let at = 0;
  for (const { start, end, text: put } of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    done += text.slice(at, start) + put;
    at = end;
  }
  return done + text.slice(at);
}

/** Counted from 1. */
export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;
