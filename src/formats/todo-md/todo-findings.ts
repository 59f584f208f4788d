import type { ParsedTodo, TodoItem } from "./todo-item.ts";

type FindingField = "file" | "status" | "captured" | "trigger" | "steps" | "risks";

/** One thing that a file or an item lacks, and what to write. */
export interface TodoFinding {
  /** Line, from 1: the item's first, or that of the problem. */
  readonly line: number;
  /** The item's key; undefined for a problem of the file. */
  readonly key: string | undefined;
  readonly field: FindingField;
  /** `error`: the file cannot be imported. `missing`: one of the four fields is. `advice`: the item could say more. */
  readonly level: "error" | "missing" | "advice";
  readonly message: string;
}

/** Explains what each open item lacks of the four fields; an item that is done lacks nothing. */
export function checkTodo(parsed: ParsedTodo): readonly TodoFinding[] {
  const problems = parsed.problems.map(({ line, message }): TodoFinding => ({
    line,
    key: undefined,
    field: "file",
    level: "error",
    message,
  }));
  return [...problems, ...parsed.items.filter((item) => !item.done).flatMap(checkItem)];
}

function checkItem(item: TodoItem): readonly TodoFinding[] {
  return [...checkStatus(item), ...checkTrigger(item), ...checkSteps(item), ...checkRisks(item)];
}

type Finding = Pick<TodoFinding, "field" | "level"> & { readonly lacks: string; readonly write: string };

function finding(item: TodoItem, { field, level, lacks, write }: Finding): TodoFinding {
  const shown = item.title.length > 60 ? `${item.title.slice(0, 57)}...` : item.title;
  return { line: item.line, key: item.key, field, level, message: `"${shown}" ${lacks}. ${write}` };
}

function checkStatus(item: TodoItem): readonly TodoFinding[] {
  const write = "Write for example **Status:** open (captured 2026-05-01).";
  if (item.status === undefined || isPlaceholder(item.status.text)) {
    return [finding(item, { field: "status", level: "missing", lacks: "has no status", write })];
  }
  const findings: TodoFinding[] = [];
  if (item.status.word === "unknown") {
    const lacks = "has a status that begins with no known word";
    findings.push(
      finding(item, {
        field: "status",
        level: "advice",
        lacks,
        write: "Begin it with open, doing, blocked, review, deferred, done or dropped.",
      }),
    );
  }
  if (item.status.capturedOn === undefined) {
    findings.push(
      finding(item, { field: "captured", level: "missing", lacks: "has no day of capture", write }),
    );
  }
  return findings;
}

function checkTrigger(item: TodoItem): readonly TodoFinding[] {
  if (item.trigger !== undefined && !isPlaceholder(item.trigger)) return [];
  const write =
    "Write the condition under which it becomes urgent, for example **Trigger:** when the next release is cut.";
  return [finding(item, { field: "trigger", level: "missing", lacks: "has no trigger", write })];
}

function checkSteps(item: TodoItem): readonly TodoFinding[] {
  if (item.steps.some((step) => !isPlaceholder(step.text))) return [];
  const write =
    "Write **Steps:** and below it a numbered list, each step decided, those that may be left out marked (optional).";
  return [finding(item, { field: "steps", level: "missing", lacks: "has no steps", write })];
}

function checkRisks(item: TodoItem): readonly TodoFinding[] {
  if (item.risks.some((risk) => !isPlaceholder(risk.text))) return [];
  const write = "Write **Risks:** and below it a list of what can go wrong and how it is met, or none.";
  return [finding(item, { field: "risks", level: "missing", lacks: "has no risks", write })];
}

/** A value that only holds the place of one. `none` is an answer, not a placeholder. */
function isPlaceholder(value: string): boolean {
  if (value.length > 40) return false;
  return /^[\s*_([{<]*(?:tbd|tba|todo|fixme|xxx|\?+|\.{3}|…|-|–|—)?[\s*_)\]}>.:]*$/i.test(value);
}
