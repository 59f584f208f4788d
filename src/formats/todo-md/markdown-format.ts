import type { TodoEntry, TodoFile, TodoFinding, TodoFormat } from "#operations/ports/todo-format.ts";
import { fixTodo } from "./fix-todo.ts";
import { readTodo } from "./read-todo.ts";
import { writeTodo } from "./write-todo.ts";

/** The TODO.md format behind the port that operations use. */
export const todoFormat: TodoFormat = {
  name: "todo-md",
  read: (bytes, prefixes) => {
    const { entries, problems, refused, sections, left } = readTodo(bytes, prefixes);
    return { entries, problems, refused, sections, left };
  },
  check: checkTodo,
  fix: fixTodo,
  write: writeTodo,
};

/** Lines shown in a message. */
const SHOWN = 8;

interface Kind extends Pick<TodoFinding, "field" | "level"> {
  readonly lacks: (entry: TodoEntry) => boolean;
  /** Behind `1 item` and `2 items`. */
  readonly text: string;
  readonly write: string;
}

const KINDS: readonly Kind[] = [
  {
    field: "status",
    level: "missing",
    lacks: ({ statusWord }) => statusWord === undefined,
    text: "without a status",
    write: "Write for example **Status:** open (captured 2026-05-01).",
  },
  {
    field: "status",
    level: "advice",
    lacks: ({ statusWord }) => statusWord === "unknown",
    text: "with a status that begins with no known word",
    write: "Begin it with open, doing, blocked, review, deferred, done or dropped.",
  },
  {
    field: "captured",
    level: "missing",
    lacks: ({ statusWord, capturedOn }) => statusWord !== undefined && capturedOn === undefined,
    text: "without a day of capture",
    write: "Write it after the status: **Status:** open (captured 2026-05-01).",
  },
  {
    field: "trigger",
    level: "missing",
    lacks: ({ spec: { trigger } }) => trigger === undefined || isPlaceholder(trigger),
    text: "without a trigger",
    write: "Write the condition under which it becomes urgent: **Trigger:** when the next release is cut.",
  },
  {
    field: "steps",
    level: "missing",
    lacks: ({ spec: { steps } }) => steps.every(({ text }) => isPlaceholder(text)),
    text: "without steps",
    write:
      "Write **Steps:** and below it a numbered list, each step decided, optional ones marked (optional).",
  },
  {
    field: "risks",
    level: "missing",
    lacks: ({ spec: { risks } }) => risks.every((text) => isPlaceholder(text)),
    text: "without risks",
    write: "Write **Risks:** and below it a list of what can go wrong and what to do then, or none.",
  },
];

/** What is lost first; then, once for each kind, what open items lack of the four fields; last the lines of no item. */
export function checkTodo({ entries, problems, refused, left }: TodoFile): readonly TodoFinding[] {
  const open = entries.filter(({ done }) => !done);
  const count = left.reduce((sum, { line, endLine }) => sum + endLine - line + 1, 0);
  const lost = [...problems, ...refused].map(
    (one) => ({ ...one, level: "error", field: "file", lines: [one.line] }) as const,
  );
  const isEmpty = entries.length === 0 && lost.length === 0 && count > 0;
  return [
    ...lost,
    ...(isEmpty ? [NOTHING] : []),
    ...KINDS.flatMap((kind) => findingOf(kind, open)),
    ...(count === 0 ? [] : [ofLeft(left, count)]),
  ];
}

const NOTHING: TodoFinding = {
  line: 1,
  lines: [1],
  level: "error",
  field: "file",
  message:
    "No item was found. Write items as a list (- do this), as a checklist (- [ ] do this), or as headings with fields below them (**Status:**, **Trigger:**, **Steps:**, **Risks:**).",
};

function findingOf(
  { field, level, lacks, text, write }: Kind,
  open: readonly TodoEntry[],
): readonly TodoFinding[] {
  const lines = open.filter(lacks).map(({ line }) => line);
  const [line] = lines;
  if (line === undefined) return [];
  const items = lines.length === 1 ? `1 item ${text}` : `${lines.length} items ${text} (${shown(lines)})`;
  return [{ line, lines, field, level, message: `${items}. ${write}` }];
}

function ofLeft(left: TodoFile["left"], count: number): TodoFinding {
  const lines = left.map(({ line }) => line);
  const what = count === 1 ? "1 line belongs" : `${count} lines belong`;
  const message = `${what} to no item (${shown(lines)}).`;
  return { line: lines[0] ?? 1, lines, field: "file", level: "advice", message };
}

function shown(lines: readonly number[]): string {
  const more = lines.length > SHOWN ? ", …" : "";
  return `${lines.length === 1 ? "line" : "lines"} ${lines.slice(0, SHOWN).join(", ")}${more}`;
}

/** A value that only holds the place of one. `none` is an answer, not a placeholder. */
function isPlaceholder(value: string): boolean {
  if (value.length > 40) return false;
  return /^[\s*_([{<]*(?:tbd|tba|todo|fixme|xxx|\?+|\.{3}|…|-|–|—)?[\s*_)\]}>.:]*$/i.test(value);
}
