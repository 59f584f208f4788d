import type { FlagSpec } from "#cli/command-form.ts";
import { formatDuration } from "#cli/duration.ts";

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
    ...(spec.fileFlag === undefined ? [] : ["FILE - is standard input"]),
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

/** Left column and what it means, aligned; a left part that is too long stands alone on its line. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const widest = Math.min(30, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) => {
      if (left.length > widest) return `  ${left}\n  ${" ".repeat(widest)}  ${right}`;
      return `  ${left.padEnd(widest)}  ${right}`.trimEnd();
    })
    .join("\n");
}
