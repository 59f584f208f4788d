import { childWords, SHORT } from "#cli/command-line.ts";
import type { CommandTable, FlagSpec } from "#cli/command-form.ts";
import { asksFirst, splitSpecs } from "#cli/read-input.ts";
import { GLOBAL_FLAGS, YES } from "#cli/globals.ts";

/** What a word or a flag's value may be: nothing known, a file, one of some words, or a ref that is looked up. */
export type Candidates =
  | { readonly from: "nothing" | "files" | "item" | "candidate" | "run" }
  | { readonly from: "words"; readonly words: readonly string[] };

/** What may follow one path of command words. The empty path holds the global flags, which may follow any other as well. */
export interface CompletionNode {
  /** Words joined by a space; empty for the start of the line. */
  readonly path: string;
  readonly children: readonly string[];
  /** Every form of every flag, with dashes. */
  readonly flags: readonly string[];
  /** What follows a flag that takes a value, by its form. */
  readonly values: readonly (readonly [string, Candidates])[];
  /** What each word after the path may be, in order. */
  readonly words: readonly Candidates[];
  /** True where the last of `words` may be repeated. */
  readonly repeatsLast: boolean;
}

/** The command line as completion scripts see it: each path of words, sorted. */
export function completionModel(all: CommandTable): readonly CompletionNode[] {
  const table = Object.fromEntries(Object.entries(all).filter(([, { hidden }]) => hidden !== true));
  for (const [word, { item = "" }] of Object.entries(SHORT))
    if (table[item] !== undefined && table[word] === undefined) table[word] = table[item];
  const inner = Object.keys(table).flatMap((path) =>
    path.split(" ").map((_, at, words) => words.slice(0, at).join(" ")),
  );
  const paths = [...new Set(["", ...inner, ...Object.keys(table)])].toSorted();
  return paths.map((path) => node(table, path));
}

function node(table: CommandTable, path: string): CompletionNode {
  const form = table[path]?.form();
  const { flags, words } = splitSpecs(form?.specs ?? [], form?.positional ?? []);
  const own = [...flags, ...(form !== undefined && asksFirst(form) ? [YES] : [])];
  const all = path === "" ? GLOBAL_FLAGS : own;
  return {
    path,
    children: childWords(table, path),
    flags: [...new Set(all.flatMap(flagForms))],
    values: all.flatMap(flagValues),
    words: words.map(candidatesOf),
    repeatsLast: words.at(-1)?.many === true,
  };
}

function flagForms(spec: FlagSpec): readonly string[] {
  if (spec.value.is === "boolean")
    return [spec.defaultValue === true ? `--no-${spec.flag}` : `--${spec.flag}`];
  const file = spec.fileFlag === undefined || spec.fileFlag === spec.flag ? [] : [`--${spec.fileFlag}`];
  return [`--${spec.flag}`, ...file];
}

function flagValues(spec: FlagSpec): readonly (readonly [string, Candidates])[] {
  if (spec.value.is === "boolean") return [];
  const found = candidatesOf(spec);
  const { flag, fileFlag, short } = spec;
  const isFile = flag === fileFlag || flag === "workspace";
  return [
    [`--${flag}`, isFile ? ({ from: "files" } as const) : found] as const,
    ...(fileFlag === undefined || isFile ? [] : [[`--${fileFlag}`, { from: "files" }] as const]),
    ...(short === undefined ? [] : [[`-${short}`, isFile ? ({ from: "files" } as const) : found] as const]),
  ];
}

/** Fields that hold refs are known by their names. */
function candidatesOf(spec: FlagSpec): Candidates {
  if (spec.value.is === "choice") return { from: "words", words: spec.value.choices };
  if (/^(file|files|path)$/.test(spec.field)) return { from: "files" };
  if (spec.field === "run") return { from: "run" };
  if (/^candidates?$/.test(spec.field)) return { from: "candidate" };
  if (!/^(refs?|item|parent|blockedBy|into|to)$/.test(spec.field)) return { from: "nothing" };
  return { from: "item" };
}
