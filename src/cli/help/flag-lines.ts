import type { FlagSpec } from "#cli/command-form.ts";
import { formatDuration } from "#cli/duration.ts";
import { wrapCells } from "#cli/present/fit.ts";

/** One line per flag: names, value, meaning, and whether it is required, repeatable, or has a default. */
export function flagLines(specs: readonly FlagSpec[]): string {
  return columns(specs.map((spec) => [flagNames(spec), meaning(spec)] as const));
}

function flagNames(spec: FlagSpec): string {
  const short = spec.short === undefined ? "    " : `-${spec.short}, `;
  const value = valueName(spec);
  const isFileOnly = spec.fileFlag === undefined || spec.fileFlag === spec.flag;
  const file = isFileOnly ? undefined : `--${spec.fileFlag} FILE`;
  if (spec.value.is === "boolean" && spec.defaultValue === true) return `    --no-${spec.flag}`;
  const plain = `${short}--${spec.flag}${value === "" ? "" : ` ${value}`}`;
  return file === undefined ? plain : `${plain} | ${file}`;
}

/** What stands for the value in help: the choices, or a word in capitals. Empty for a switch. */
export function valueName({ value, flag, fileFlag }: FlagSpec): string {
  if (flag === fileFlag) return "FILE";
  switch (value.is) {
    case "boolean":
      return "";
    case "choice":
      return value.choices.join("|");
    case "pair":
      return "KEY=VALUE";
    case "wrapped":
      return "TEXT";
    case "text":
    case "number":
    case "duration":
    case "time":
    case "json":
      return value.is.toUpperCase();
  }
}

export function meaning(spec: FlagSpec, isWord = false): string {
  const notes = [
    ...(isWord && spec.value.is === "choice" ? [`one of ${spec.value.choices.join(", ")}`] : []),
    ...(spec.required ? ["required"] : []),
    ...(spec.many ? ["repeatable"] : []),
    ...defaultNote(spec),
    ...(spec.fileFlag === undefined ? [] : ["FILE may be -, standard input"]),
  ];
  const text = spec.description ?? "";
  return notes.length === 0 ? text : `${text}${text === "" ? "" : " "}(${notes.join(", ")})`;
}

function defaultNote({ defaultValue, value }: FlagSpec): readonly string[] {
  if (defaultValue === undefined || defaultValue === false || isEmpty(defaultValue)) return [];
  if (value.is === "boolean") return ["default: on"];
  if (value.is === "duration" && typeof defaultValue === "number")
    return [`default: ${formatDuration(defaultValue)}`];
  return [`default: ${typeof defaultValue === "string" ? defaultValue : JSON.stringify(defaultValue)}`];
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Cells of a line of help. */
export const HELP_WIDTH = 80;

/** Left column and what it means, aligned and wrapped; a left part that is too long stands alone on its line. `least` cells for the left. */
export function columns(rows: readonly (readonly [string, string])[], least = 0): string {
  const widest = Math.min(30, Math.max(least, ...rows.map(([left]) => left.length)));
  const indent = " ".repeat(widest + 4);
  return rows
    .map(([left, right]) => {
      const text = wrapCells(right, HELP_WIDTH - indent.length).replaceAll("\n", `\n${indent}`);
      const start = left.length > widest ? `  ${left}\n${indent}` : `  ${left}`.padEnd(indent.length);
      return (start + text).trimEnd();
    })
    .join("\n");
}
