import { SluiceError } from "#domain/errors.ts";
import { BYTE_ORDER_MARK } from "./decode-text.ts";
import { editItem } from "./edit-entry.ts";
import type { Placement } from "./insert-field.ts";
import { type ParseTodoOptions, readTodo, type ReadTodo } from "./parse-todo.ts";
import { applyPatches, type TodoEdit } from "./todo-edit.ts";
import { firstMisread } from "./verify-edit.ts";

const PLACEMENTS: readonly Placement[] = ["in-order", "at-end"];

/**
 * Writes edits into a TODO.md, by the keys that `parseTodo` gave. All but the lines of edited items stays byte for byte, and so do
 * byte order mark, line ends and the way each item is written. The result is read back before it is returned.
 * Errors: `invalid` where the file has problems or a text cannot stand where it should; `not_found` for an unknown key.
 */
export function writeTodo(
  original: Uint8Array,
  edits: ReadonlyMap<string, TodoEdit>,
  options: ParseTodoOptions = {},
): Uint8Array {
  if (edits.size === 0) return original.slice();
  const read = readTodo(original, options);
  const problem = read.problems[0];
  if (problem !== undefined)
    throw new SluiceError("invalid", problem.message, { details: { line: problem.line } });
  for (const key of edits.keys()) {
    if (!read.placed.some(({ item }) => item.key === key)) {
      throw new SluiceError("not_found", `The file has no item with the key "${key}"; read it again`);
    }
  }
  return new TextEncoder().encode(
    (read.hasByteOrderMark ? BYTE_ORDER_MARK : "") + edited(read, edits, options),
  );
}

function edited(read: ReadTodo, edits: ReadonlyMap<string, TodoEdit>, options: ParseTodoOptions): string {
  const before = read.placed.map(({ item }) => item);
  let misread = before[0];
  for (const placement of PLACEMENTS) {
    const text = patched(read, edits, placement);
    misread = firstMisread(
      before,
      readTodo(text, options).placed.map(({ item }) => item),
      edits,
    );
    if (misread === undefined) return text;
  }
  const { key, line } = misread ?? { key: "", line: 1 };
  throw new SluiceError(
    "invalid",
    `The edit of "${key}" (line ${line}) would not read back as meant; its text would change the structure of the file`,
    {
      hint: "Leave headings, field labels and open code fences out of the new text, or edit the file by hand.",
      details: { key, line },
    },
  );
}

function patched(read: ReadTodo, edits: ReadonlyMap<string, TodoEdit>, placement: Placement): string {
  const { source, placed } = read;
  const lineEnd = /\r\n|\n|\r/.exec(source.text)?.[0] ?? "\n";
  const patches = placed.flatMap((item) => {
    const edit = edits.get(item.item.key);
    return edit === undefined ? [] : editItem(source, item, edit, placement);
  });
  return applyPatches(
    source.text,
    patches.map((patch) => ({ ...patch, text: patch.text.replaceAll("\n", lineEnd) })),
  );
}
