import { lineOf, parse, part, parts, type SyntaxNode, walk } from "./syntax.ts";

/** A place whose run is counted. */
export interface Point {
  readonly path: string;
  readonly line: number;
  /** A statement or the expression that a function answers; or an arm of a condition, of which one runs and another does not. */
  readonly kind: "statement" | "branch";
}

export interface Instrumented {
  readonly text: string;
  /** In the order of their numbers, from `first` on. */
  readonly points: readonly Point[];
}

/**
 * A file that marks in `counters` what of it runs. The counters are a mapped file: every process that runs the code marks the same
 * bytes, and what a killed one has marked stays. Lines keep their numbers.
 * @param counters absolute path of a file with a byte for each point
 * @param first number of the file's first point
 */
export function instrument(path: string, text: string, counters: string, first: number): Instrumented {
  const points: Point[] = [];
  const put = new Insertions();
  const mark = (kind: Point["kind"], node: SyntaxNode): string => {
    points.push({ path, line: lineOf(text, node.start), kind });
    return `__ran[${first + points.length - 1}]=1`;
  };
  const around = (kind: Point["kind"], node: SyntaxNode | undefined): void => {
    if (node !== undefined) put.around(node, `(${mark(kind, node)},`, ")");
  };
  /** An arm or a loop's body: a block has its own braces, a lone statement gets some. */
  const body = (node: SyntaxNode, marks: string): void => {
    if (node.type === "BlockStatement") put.after(node.start + 1, `${marks};`);
    else put.around(node, `{${marks};`, "}");
  };
  const statements = (list: readonly SyntaxNode[]): void => {
    for (const node of list)
      if (!UNCOUNTED.test(node.type)) put.after(node.start, `${mark("statement", node)};`);
  };
  walk(parse(path, text), (node) => {
    switch (node.type) {
      case "BlockStatement":
        return statements(parts(node, "body"));
      case "SwitchCase": {
        const [head] = parts(node, "consequent");
        if (head === undefined) return;
        put.after(head.type === "BlockStatement" ? head.start + 1 : head.start, `${mark("branch", node)};`);
        return statements(parts(node, "consequent"));
      }
      case "IfStatement": {
        const [yes, no] = [part(node, "consequent"), part(node, "alternate")];
        if (no === undefined) put.before(node.end, ` else {${mark("branch", node)};}`);
        else body(no, lone(no, mark) + mark("branch", no));
        if (yes !== undefined) body(yes, lone(yes, mark) + mark("branch", yes));
        return;
      }
      case "ConditionalExpression":
        around("branch", part(node, "consequent"));
        return around("branch", part(node, "alternate"));
      case "LogicalExpression":
        return around("branch", part(node, "right"));
      case "ArrowFunctionExpression":
        return part(node, "body")?.type === "BlockStatement"
          ? undefined
          : around("statement", part(node, "body"));
      default: {
        const inner = LOOPS.has(node.type) ? part(node, "body") : undefined;
        if (inner !== undefined && inner.type !== "BlockStatement") body(inner, mark("statement", inner));
      }
    }
  });
  return { text: `${prefix(counters)}${put.into(text)}`, points };
}

const UNCOUNTED = /^(?:TS|BlockStatement|EmptyStatement|FunctionDeclaration)/;
const LOOPS = new Set([
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
]);

/** A lone statement is counted as such beside its branch; the statements of a block count themselves. */
const lone = (node: SyntaxNode, mark: (kind: "statement", node: SyntaxNode) => string): string =>
  node.type === "BlockStatement" ? "" : `${mark("statement", node)};`;

/** A process that may not open the counters, as one shut in by a guard, runs all the same. */
const prefix = (counters: string): string =>
  `const __ran=globalThis.__ran??=(()=>{try{return Bun.mmap(${JSON.stringify(counters)})}catch{return []}})();`;

/** Texts put between others. At one offset ends come before beginnings, inner ends before outer ones, outer beginnings first. */
class Insertions {
  readonly #ends = new Map<number, string>();
  readonly #beginnings = new Map<number, string>();

  before(offset: number, text: string): void {
    this.#ends.set(offset, text + (this.#ends.get(offset) ?? ""));
  }

  after(offset: number, text: string): void {
    this.#beginnings.set(offset, (this.#beginnings.get(offset) ?? "") + text);
  }

  around(node: SyntaxNode, beginning: string, end: string): void {
    this.after(node.start, beginning);
    this.before(node.end, end);
  }

  into(text: string): string {
    let done = "";
    let at = 0;
    for (const offset of [...new Set([...this.#ends.keys(), ...this.#beginnings.keys()])].toSorted(
      (a, b) => a - b,
    )) {
      done += text.slice(at, offset) + (this.#ends.get(offset) ?? "") + (this.#beginnings.get(offset) ?? "");
      at = offset;
    }
    return done + text.slice(at);
  }
}
