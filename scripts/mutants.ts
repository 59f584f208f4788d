import { type Edit, lineOf, literal, parse, part, parts, type SyntaxNode, walk, word } from "./syntax.ts";

/** A small fault in one place of the product. */
export interface Mutant {
  /** Relative to the repository. */
  readonly path: string;
  readonly line: number;
  readonly operator: string;
  /** Name of the function it stands in; empty at the top of a file. */
  readonly inside: string;
  readonly edit: Edit;
}

const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
};

/** Of SQL in templates: a word and what stands in its place. */
const SQL_WORDS: readonly (readonly [RegExp, string])[] = [
  [/ and /g, " or "],
  [/ or /g, " and "],
  [/ is null\b/g, " is not null"],
  [/ is not null\b/g, " is null"],
  [/ <= /g, " < "],
  [/ >= /g, " > "],
  [/ < /g, " <= "],
  [/ > /g, " >= "],
  [/ <> /g, " = "],
];
const IS_SQL = /\b(?:select|update|insert into|delete from|where|exists|coalesce)\b/;

type Change = readonly [operator: string, edit: Edit];

/** Every mutant of a file, in the order of the text. Sentences for people are left as they are. */
export function mutantsOf(path: string, text: string): readonly Mutant[] {
  const found: Mutant[] = [];
  walk(parse(path, text), (node, above) => {
    for (const [operator, edit] of changesOf(node, above, text))
      found.push({ path, line: lineOf(text, edit.start), operator, inside: enclosing(above), edit });
  });
  return found;
}

function changesOf(node: SyntaxNode, above: readonly SyntaxNode[], text: string): readonly Change[] {
  const source = (of: SyntaxNode | undefined): string =>
    of === undefined ? "" : text.slice(of.start, of.end);
  switch (node.type) {
    case "IfStatement":
    case "ConditionalExpression":
    case "WhileStatement":
      return negated(part(node, "test"), source);
    case "LogicalExpression":
      return logical(node, source);
    case "BinaryExpression":
      return binary(node, source);
    case "UnaryExpression":
      return ["!", "-"].includes(word(node, "operator"))
        ? [["drop a sign", replace(node, `(${source(part(node, "argument"))})`)]]
        : [];
    case "ExpressionStatement":
      return dropped(part(node, "expression")) ? [["drop a statement", replace(node, ";")]] : [];
    case "ThrowStatement":
      return [["drop a throw", replace(node, ";")]];
    case "ReturnStatement":
      return part(node, "argument") === undefined
        ? [["drop a return", replace(node, ";")]]
        : [["return nothing", replace(node, "return;")]];
    case "Literal":
      return literals(node, above.at(-1));
    case "ArrayExpression":
      return parts(node, "elements").length === 0 ? [] : [["empty a list", replace(node, "[]")]];
    case "TemplateElement":
      return sqlWords(node, text);
    default:
      return [];
  }
}

const replace = ({ start, end }: SyntaxNode, text: string): Edit => ({ start, end, text });

const negated = (test: SyntaxNode | undefined, source: (of: SyntaxNode) => string): readonly Change[] =>
  test === undefined ? [] : [["negate a condition", replace(test, `!(${source(test)})`)]];

function logical(node: SyntaxNode, source: (of: SyntaxNode | undefined) => string): readonly Change[] {
  const [left, right] = [source(part(node, "left")), source(part(node, "right"))];
  const operator = word(node, "operator");
  if (operator === "??") return [["drop a default", replace(node, `(${left})`)]];
  const other = operator === "&&" ? "||" : "&&";
  return [
    [`${operator} to ${other}`, replace(node, `((${left}) ${other} (${right}))`)],
    ["keep the left side", replace(node, `(${left})`)],
    ["keep the right side", replace(node, `(${right})`)],
  ];
}

function binary(node: SyntaxNode, source: (of: SyntaxNode | undefined) => string): readonly Change[] {
  const [left, right] = [part(node, "left"), part(node, "right")];
  const operator = word(node, "operator");
  const joins = operator === "+" && [left, right].some((side) => side !== undefined && isText(side));
  if (joins) return [];
  return (COMPARISONS[operator] ?? []).map((other) => [
    `${operator} to ${other}`,
    replace(node, `((${source(left)}) ${other} (${source(right)}))`),
  ]);
}

const isText = (node: SyntaxNode): boolean =>
  node.type === "TemplateLiteral" || (node.type === "Literal" && typeof literal(node) === "string");

/** Whether a statement is a call or a change, which can be left out. */
function dropped(expression: SyntaxNode | undefined): boolean {
  if (expression === undefined) return false;
  if (
    expression.type === "AwaitExpression" ||
    (expression.type === "UnaryExpression" && word(expression, "operator") === "void")
  )
    return dropped(part(expression, "argument"));
  if (expression.type === "CallExpression") return part(expression, "callee")?.type !== "Super";
  return ["AssignmentExpression", "UpdateExpression", "YieldExpression"].includes(expression.type);
}

const NAMES = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
]);

function literals(node: SyntaxNode, parent: SyntaxNode | undefined): readonly Change[] {
  const isName = parent?.type === "Property" && part(parent, "key") === node;
  if (parent === undefined || isName || NAMES.has(parent.type)) return [];
  const value = literal(node);
  if (typeof value === "boolean") return [["flip a truth", replace(node, String(!value))]];
  if (typeof value === "number") return [["one more", replace(node, `(${value} + 1)`)]];
  if (typeof value !== "string" || value.includes(" ")) return [];
  return [["another text", replace(node, value === "" ? '"mutant"' : '""')]];
}

function sqlWords(node: SyntaxNode, text: string): readonly Change[] {
  const raw = text.slice(node.start, node.end);
  if (!IS_SQL.test(raw)) return [];
  return SQL_WORDS.flatMap(([from, to]) =>
    [...raw.matchAll(from)].map(({ index, 0: { length } }): Change => {
      const start = node.start + index;
      return [
        `SQL: ${raw.slice(index, index + length).trim()} to ${to.trim()}`,
        { start, end: start + length, text: to },
      ];
    }),
  );
}

/** The nearest name above: of a function, a method or the constant that holds one. */
function enclosing(above: readonly SyntaxNode[]): string {
  for (const node of above.toReversed()) {
    const own =
      part(node, "id") ??
      (node.type === "Property" || node.type === "MethodDefinition" ? part(node, "key") : undefined);
    if (own !== undefined && word(own, "name") !== "") return word(own, "name");
  }
  return "";
}
