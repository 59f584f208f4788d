import type { TodoChange, TodoEntry, TodoFormat } from "#operations/ports/todo-format.ts";
import { checkTodo } from "./todo-findings.ts";
import { parseTodo } from "./parse-todo.ts";
import { toCandidate } from "./to-candidate.ts";
import type { TodoEdit } from "./todo-edit.ts";
import type { TodoItem, TodoRisk } from "./todo-item.ts";
import { writeTodo } from "./write-todo.ts";

/** The TODO.md format behind the port that operations use. */
export const todoFormat: TodoFormat = {
  name: "todo-md",
  read: (bytes, refPrefixes) => {
    const { items, problems } = parseTodo(bytes, { refPrefixes });
    return { entries: items.map(entryOf), problems };
  },
  check: (bytes, refPrefixes) => checkTodo(parseTodo(bytes, { refPrefixes })),
  write: (bytes, changes, refPrefixes) => {
    const edits = new Map([...changes].map(([key, change]) => [key, editOf(change)]));
    return writeTodo(bytes, edits, { refPrefixes });
  },
};

function entryOf(item: TodoItem): TodoEntry {
  const { title, spec, body, labels, capturedOn, ref, done } = toCandidate(item, "");
  return {
    key: item.key,
    title,
    spec,
    body,
    groups: labels,
    done,
    line: item.line,
    endLine: item.endLine,
    source: item.source,
    ...(ref === undefined ? {} : { ref }),
    ...(item.status === undefined ? {} : { statusWord: item.status.word }),
    ...(capturedOn === undefined ? {} : { capturedOn }),
  };
}

function editOf({ statusWord, risks, ...change }: TodoChange): TodoEdit {
  return {
    ...change,
    ...(statusWord === undefined ? {} : { status: { word: statusWord } }),
    ...(risks === undefined ? {} : { risks: risks.map((text): TodoRisk => ({ text })) }),
  };
}
