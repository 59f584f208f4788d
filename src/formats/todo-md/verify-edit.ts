import { isDeepStrictEqual } from "node:util";
import type { TodoEdit } from "./todo-edit.ts";
import type { TodoItem } from "./todo-item.ts";

/** The first item, by position, that does not read back as it was meant to; undefined if all do. */
export function firstMisread(
  before: readonly TodoItem[],
  after: readonly TodoItem[],
  edits: ReadonlyMap<string, TodoEdit>,
): TodoItem | undefined {
  const retitled = [...edits.values()].some((edit) => edit.title !== undefined);
  return before.find((item, index) => {
    const read = after[index];
    if (read === undefined || after.length !== before.length) return true;
    const edit = edits.get(item.key);
    if (edit === undefined) return !isSame(item, read, retitled);
    return !readsAs(item, read, edit);
  });
}

function isSame(item: TodoItem, read: TodoItem, retitled: boolean): boolean {
  const key = retitled ? read.key : item.key;
  return isDeepStrictEqual({ ...item, key, line: 0, endLine: 0 }, { ...read, line: 0, endLine: 0 });
}

function readsAs(item: TodoItem, read: TodoItem, edit: TodoEdit): boolean {
  const keepsKey = edit.title === undefined || edit.ref !== undefined;
  if (keepsKey && read.key !== item.key) return false;
  if (edit.done !== undefined && edit.status === undefined && read.done !== edit.done) return false;
  if (edit.status !== undefined && "word" in edit.status && read.status?.word !== edit.status.word)
    return false;
  return isDeepStrictEqual(loosely(wanted(item, read, edit)), loosely(contentOf(read)));
}

type Content = Pick<TodoItem, "title" | "steps" | "risks" | "acceptance" | "sections"> & {
  readonly [name in "ref" | "trigger" | "problem" | "why" | "status"]: string | undefined;
};

function contentOf({
  title,
  ref,
  status,
  trigger,
  problem,
  steps,
  risks,
  why,
  acceptance,
  sections,
}: TodoItem): Content {
  return { title, ref, status: status?.text, trigger, problem, steps, risks, why, acceptance, sections };
}

function wanted(item: TodoItem, read: TodoItem, edit: TodoEdit): Content {
  const old = contentOf(item);
  const changesWord = edit.done !== undefined || (edit.status !== undefined && "word" in edit.status);
  const status =
    edit.status !== undefined && "text" in edit.status
      ? edit.status.text
      : changesWord
        ? read.status?.text
        : old.status;
  return {
    ...old,
    status,
    title: edit.title ?? old.title,
    ref: edit.ref ?? old.ref,
    trigger: edit.trigger ?? old.trigger,
    problem: edit.problem ?? old.problem,
    steps: edit.steps ?? old.steps,
    risks: edit.risks ?? old.risks,
    why: edit.why ?? old.why,
  };
}

/** White space may differ: a value is wrapped and indented as its place asks. */
function loosely(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) =>
    typeof part === "string" ? part.replaceAll(/\s+/g, " ").trim() : part,
  );
}
