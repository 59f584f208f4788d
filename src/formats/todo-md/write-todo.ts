import { isDeepStrictEqual } from "node:util";
import { SluiceError } from "#domain/errors.ts";
import type { TodoChange, TodoEntry, TodoFormat, TodoProblem } from "#operations/ports/todo-format.ts";
import { editItem, type Patch, type Placement } from "./edit-entry.ts";
import { readTodo, type ReadTodo } from "./read-todo.ts";
import { BYTE_ORDER_MARK, type Source } from "./source-text.ts";

type Changes = ReadonlyMap<string, TodoChange>;

const PLACEMENTS: readonly Placement[] = ["in-order", "at-end"];

/**
 * Writes changes into a TODO.md, by the keys that `readTodo` gave. All but the lines of changed items stays byte for byte, and so do
 * byte order mark, line ends and the way each item is written. The result is read back: a change that does not read as it was meant
 * is left out and named, the others are made.
 */
export const writeTodo: TodoFormat["write"] = (original, changes, prefixes) => {
  const refused = new Map<string, TodoProblem>();
  if (changes.size === 0) return { bytes: original.slice(), refused };
  const read = readTodo(original, prefixes);
  const problem = read.problems[0];
  if (problem !== undefined)
    throw new SluiceError("invalid", problem.message, { details: { line: problem.line } });
  for (const key of changes.keys())
    if (!read.entries.some((entry) => entry.key === key))
      throw new SluiceError("not_found", `The file has no item with the key "${key}"; read it again`);
  const left = new Map(changes);
  while (left.size > 0) {
    const attempt = written(read, left, prefixes);
    if ("text" in attempt) {
      const text = (read.hasByteOrderMark ? BYTE_ORDER_MARK : "") + attempt.text;
      return { bytes: new TextEncoder().encode(text), refused };
    }
    left.delete(attempt.key);
    refused.set(attempt.key, { line: attempt.line, message: attempt.message });
  }
  return { bytes: original.slice(), refused };
};

type Attempt = { readonly text: string } | ({ readonly key: string } & TodoProblem);

/** The text with all changes, or the one that cannot be made. */
function written(read: ReadTodo, changes: Changes, prefixes: readonly string[]): Attempt {
  let misread: TodoEntry | undefined;
  for (const placement of PLACEMENTS) {
    const made = patched(read, changes, placement);
    if ("key" in made) return made;
    misread = firstMisread(read.entries, readTodo(made.text, prefixes).entries, changes);
    if (misread === undefined) return made;
  }
  const culprit = culpritOf(read, changes, misread);
  const message =
    "Its new text would change the structure of the file. Remove headings, field labels and open code fences from it, or edit the file by hand.";
  return { key: culprit.key, line: culprit.line, message };
}

function patched(read: ReadTodo, changes: Changes, placement: Placement): Attempt {
  const { source } = read;
  const patches: Patch[] = [];
  for (const placed of read.placed) {
    const { key, line } = placed.entry;
    const change = changes.get(key);
    if (change === undefined) continue;
    try {
      patches.push(...editItem({ source, placed, placement }, change));
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "invalid") throw error;
      return { key, line, message: `${error.message}.` };
    }
  }
  return { text: applied(source, patches) };
}

/** The text with patches that do not overlap, in its own line ends. */
export function applied({ text }: Source, patches: readonly Patch[]): string {
  const lineEnd = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  const order = patches.toSorted((left, right) => left.start - right.start || left.end - right.end);
  let result = "";
  let from = 0;
  for (const patch of order) {
    result += text.slice(from, patch.start) + patch.text.replaceAll("\n", lineEnd);
    from = Math.max(from, patch.end);
  }
  return result + text.slice(from);
}

/** The changed item that an item which reads otherwise belongs to: itself, or the nearest above it. */
function culpritOf({ entries }: ReadTodo, changes: Changes, misread: TodoEntry | undefined): TodoEntry {
  const changed = entries.filter(({ key }) => changes.has(key));
  const above = changed.findLast(({ line }) => line <= (misread?.line ?? Infinity));
  const found = above ?? changed[0];
  if (found === undefined)
    throw new TypeError("The edited file would not read back as intended; nothing was changed");
  return found;
}

/** The first item, by position, that does not read back as it was meant to; undefined if all do. */
function firstMisread(
  before: readonly TodoEntry[],
  after: readonly TodoEntry[],
  changes: Changes,
): TodoEntry | undefined {
  const retitled = [...changes.values()].some(({ title }) => title !== undefined);
  return before.find((entry, index) => {
    const read = after[index];
    if (read === undefined || after.length !== before.length) return true;
    const change = changes.get(entry.key);
    return change === undefined ? !isSame(entry, read, retitled) : !readsAs(entry, read, change);
  });
}

function isSame(entry: TodoEntry, read: TodoEntry, retitled: boolean): boolean {
  const { key } = retitled ? read : entry;
  const placed = { line: 0, endLine: 0, source: "" };
  return isDeepStrictEqual({ ...entry, key, ...placed }, { ...read, ...placed });
}

function readsAs(entry: TodoEntry, read: TodoEntry, change: TodoChange): boolean {
  const { ref, title, done, statusWord, ...spec } = change;
  if ((title === undefined || ref !== undefined) && read.key !== entry.key) return false;
  if (done !== undefined && statusWord === undefined && read.done !== done) return false;
  if (statusWord !== undefined && read.statusWord !== statusWord) return false;
  const changesStatus = done !== undefined || statusWord !== undefined;
  const wanted = {
    title: title ?? entry.title,
    ref: ref ?? entry.ref,
    spec: { ...entry.spec, ...spec, body: changesStatus ? read.spec.body : entry.spec.body },
  };
  const got = { title: read.title, ref: read.ref, spec: { ...read.spec, body: read.spec.body } };
  return isDeepStrictEqual(loosely(wanted), loosely(got));
}

/** White space may differ: a value is wrapped and indented as its place asks. */
function loosely(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === "string" ? part.replaceAll(/\s+/g, " ").trim() : part,
  );
}
