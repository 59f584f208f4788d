import type { Block } from "./markdown-block.ts";
import type { Source } from "./source-text.ts";
import type { TodoStep } from "./todo-item.ts";

/** How the entries of a list begin. */
export interface ListStyle {
  readonly ordered: boolean;
  /** `-`, `*` or `+`; for a numbered list `.` or `)`. */
  readonly mark: string;
  /** The first number of a numbered list. */
  readonly first: number;
}

export const NUMBERED: ListStyle = { ordered: true, mark: ".", first: 1 };
export const BULLETED: ListStyle = { ordered: false, mark: "-", first: 1 };

/** The style of the first list among some blocks. */
export function listStyle(source: Source, blocks: readonly Block[], fallback: ListStyle): ListStyle {
  const list = blocks.find((block) => block.kind === "list");
  if (list === undefined) return fallback;
  const marker = /^(\d{1,9})?([-*+.)])/.exec(source.text.slice(list.start, list.start + 12));
  if (marker?.[2] === undefined) return fallback;
  return { ordered: list.ordered, mark: marker[2], first: Number(marker[1] ?? "1") };
}

/** One tight list; `column` is where its markers stand on every line but the first, which the caller has indented. */
export function listText(values: readonly string[], style: ListStyle, column: number): string {
  const entries = values.map((value, index) => {
    const marker = style.ordered ? `${style.first + index}${style.mark} ` : `${style.mark} `;
    return marker + indented(value, column + marker.length);
  });
  return entries.join(`\n${" ".repeat(column)}`);
}

/** Indents every line of a text but the first and the blank ones. */
export function indented(text: string, column: number): string {
  const [first = "", ...rest] = text.split("\n");
  return [first, ...rest.map((row) => (row.trim() === "" ? "" : " ".repeat(column) + row))].join("\n");
}

export function stepText({ text, optional, done }: TodoStep): string {
  const box = done === undefined ? "" : done ? "[x] " : "[ ] ";
  return `${box}${optional ? "(optional) " : ""}${text}`;
}
