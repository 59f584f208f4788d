import { SluiceError } from "#domain/errors.ts";
import type { FieldName } from "./field-names.ts";
import { fieldLabel } from "./insert-field.ts";
import { lineTable } from "./line-table.ts";
import { BULLETED, listText, NUMBERED, stepText } from "./list-text.ts";
import { parseTodo } from "./parse-todo.ts";
import { isOpenFence, readBlocks } from "./read-blocks.ts";
import { namesField } from "./read-fields.ts";
import { markerText } from "./ref-marker.ts";
import { riskText } from "./to-candidate.ts";
import type { TodoRisk, TodoSection, TodoStep } from "./todo-item.ts";

/** An item to be written into a new file. */
export interface NewTodoItem {
  readonly title: string;
  /** Written as a marker together with the key, which must then be given. */
  readonly ref?: string;
  readonly key?: string;
  /** Default: `open`. */
  readonly status?: string;
  readonly trigger?: string;
  readonly problem?: string;
  readonly steps?: readonly TodoStep[];
  readonly risks?: readonly TodoRisk[];
  readonly why?: string;
  readonly acceptance?: readonly string[];
  readonly sections?: readonly TodoSection[];
}

/**
 * A new TODO.md with `\n` line ends. Text that would change the structure (a heading inside a problem, an open code fence) is
 * written as a quote. Errors: `invalid` where a title cannot be written, with its position in `items`.
 */
export function renderTodo(items: readonly NewTodoItem[]): string {
  const text = `# TODO\n\n${items.map(renderItem).join("\n")}`;
  if (items.length === 0) return text;
  const { items: read, problems } = parseTodo(text);
  const at = items.findIndex((item, index) => read[index]?.title !== oneLine(item.title));
  if (at !== -1 || read.length !== items.length) {
    const reason = problems[0]?.message ?? "It does not read back as written.";
    throw new SluiceError(
      "invalid",
      `The item ${JSON.stringify(items[at]?.title ?? "")} cannot be written into a TODO.md: ${reason}`,
      {
        details: { index: at },
      },
    );
  }
  return text;
}

function renderItem(item: NewTodoItem): string {
  const marker = item.ref === undefined ? undefined : markerText(item.ref, item.key ?? item.ref);
  const parts = [
    `## ${oneLine(item.title)}${marker === undefined ? "" : ` ${marker}`}`,
    prose("status", oneLine(item.status ?? "open")),
    prose("trigger", item.trigger),
    prose("problem", item.problem),
    list(
      "steps",
      item.steps?.map((step) => stepText({ ...step, text: safe(step.text) })),
    ),
    list("risks", item.risks?.map(riskText).map(safe)),
    prose("why", item.why),
    list("acceptance", item.acceptance?.map(safe)),
    ...(item.sections ?? []).map(renderSection),
  ];
  return parts
    .filter((part) => part !== undefined)
    .map((part) => `${part}\n`)
    .join("\n");
}

function prose(name: FieldName, value: string | undefined): string | undefined {
  const text = safe(value ?? "");
  return text === "" ? undefined : `**${fieldLabel(name)}:**${startsWithProse(text) ? " " : "\n\n"}${text}`;
}

function list(name: "steps" | "risks" | "acceptance", values: readonly string[] = []): string | undefined {
  const written = values.filter((value) => value !== "");
  if (written.length === 0) return undefined;
  return `**${fieldLabel(name)}:**\n\n${listText(written, name === "steps" ? NUMBERED : BULLETED, 0)}`;
}

function renderSection({ heading, markdown }: TodoSection): string {
  return `### ${oneLine(heading) || "Notes"}\n\n${safe(markdown)}`.trimEnd();
}

/** The text as it is, or as a quote where it holds headings, labels or something that nothing closes. */
function safe(value: string): string {
  const text = value.replaceAll(/\r\n?/g, "\n").trim();
  const source = { text, lines: lineTable(text) };
  const { blocks, problems } = readBlocks(text, source.lines);
  const isHarmless = blocks.every(
    (block) =>
      (block.kind === "paragraph" ||
        block.kind === "list" ||
        block.kind === "code" ||
        block.kind === "other") &&
      !isOpenFence(text, block) &&
      !namesField(source, block),
  );
  if (problems.length === 0 && isHarmless) return text;
  return text
    .split("\n")
    .map((row) => `> ${row}`.trimEnd())
    .join("\n");
}

function startsWithProse(text: string): boolean {
  return readBlocks(text, lineTable(text)).blocks[0]?.kind === "paragraph";
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
