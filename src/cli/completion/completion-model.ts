import type { CliOptions } from "#cli/cli-options.ts";
import { childWords, commandTree, type CommandTree } from "#cli/command-tree.ts";
import { flagSpecs, type FlagSpec } from "#cli/flag-spec.ts";
import { splitSpecs } from "#cli/read-input.ts";
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

/** The command line as completion scripts see it: each path of words, in the order of the registry. */
export async function completionModel(options: CliOptions): Promise<readonly CompletionNode[]> {
  const names = [...Object.keys(options.operations), ...Object.keys(options.commands)];
  const tree = commandTree(names.filter((name) => options.commands[name]?.hidden !== true));
  const inner = [...tree.names.keys()].flatMap((path) =>
    path.split(" ").map((_, at, all) => all.slice(0, at).join(" ")),
  );
  const paths = [...new Set(["", ...inner, ...tree.names.keys()])].toSorted();
  return await Promise.all(paths.map((path) => node(options, tree, path)));
}

async function node(options: CliOptions, tree: CommandTree, path: string): Promise<CompletionNode> {
  const name = tree.names.get(path);
  const form = name === undefined ? undefined : await loadForm(options, name);
  const specs = form?.specs ?? [];
  const flags = specs.filter((spec) => !(form?.positional ?? []).includes(spec.field));
  const own = [...flags, ...(form?.isDestructive === true ? [YES] : [])];
  const all = path === "" ? GLOBAL_FLAGS : own;
  const words = splitSpecs(specs, form?.positional).words;
  return {
    path,
    children: childWords(tree, path),
    flags: [...new Set(all.flatMap(flagForms))],
    values: all.flatMap(flagValues),
    words: words.map(candidatesOf),
    repeatsLast: words.at(-1)?.many === true,
  };
}

async function loadForm(options: CliOptions, name: string) {
  const command = await options.commands[name]?.load();
  if (command !== undefined)
    return { specs: flagSpecs(command.input), positional: command.positional ?? [], isDestructive: false };
  const operation = await options.operations[name]?.();
  if (operation === undefined) return undefined;
  const { input, positional = [], effect } = operation;
  return { specs: flagSpecs(input), positional, isDestructive: effect === "destroy" };
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
