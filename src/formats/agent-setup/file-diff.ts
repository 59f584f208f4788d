import type { FileChange } from "./plan-setup.ts";

/** Unchanged lines shown around a change. */
const CONTEXT_LINES = 2;

/** A change as people read one. Setup changes one place of a file, so that the lines before and after it that are equal are enough to find it. */
export function fileDiff({ path, before, after }: FileChange): string {
  const old = linesOf(before);
  const fresh = linesOf(after);
  const head = old.findIndex((line, at) => line !== fresh[at]);
  const start = head < 0 ? old.length : head;
  const tail = equalTail(old.slice(start), fresh.slice(start));
  const removed = old.slice(start, old.length - tail);
  const added = fresh.slice(start, fresh.length - tail);
  const above = old.slice(Math.max(0, start - CONTEXT_LINES), start);
  const below = old.slice(old.length - tail).slice(0, CONTEXT_LINES);
  return [
    `--- ${before === undefined ? "(no file)" : path}`,
    `+++ ${after === undefined ? "(no file)" : path}`,
    ...above.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...below.map((line) => ` ${line}`),
  ].join("\n");
}

const linesOf = (text: string | undefined): readonly string[] =>
  text === undefined ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);

function equalTail(old: readonly string[], fresh: readonly string[]): number {
  const most = Math.min(old.length, fresh.length);
  let equal = 0;
  while (equal < most && old.at(-1 - equal) === fresh.at(-1 - equal)) equal += 1;
  return equal;
}
