import type { StatusWord, TodoRisk, TodoStep } from "./todo-item.ts";

/** What to change in one item. What is absent stays as it is written. */
export interface TodoEdit {
  /** Written as a marker behind the title; it freezes the item's key. */
  readonly ref?: string;
  /** One line of Markdown. */
  readonly title?: string;
  /** Sets the checkbox; where there is none, or where a status is written too, the status. */
  readonly done?: boolean;
  /** The whole value, or only the word it begins with, so that dates behind it stay. */
  readonly status?: { readonly text: string } | { readonly word: Exclude<StatusWord, "unknown"> };
  readonly trigger?: string;
  readonly problem?: string;
  /** At least one. */
  readonly steps?: readonly TodoStep[];
  /** At least one. */
  readonly risks?: readonly TodoRisk[];
  readonly why?: string;
}

/** Replaces `start` to `end` of a text; `start` = `end` inserts. */
export interface Patch {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Applies patches that do not overlap. */
export function applyPatches(text: string, patches: readonly Patch[]): string {
  const order = patches.toSorted((left, right) => left.start - right.start || left.end - right.end);
  let result = "";
  let from = 0;
  for (const patch of order) {
    result += text.slice(from, patch.start) + patch.text;
    from = patch.end;
  }
  return result + text.slice(from);
}
