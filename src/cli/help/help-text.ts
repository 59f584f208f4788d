import type { AnyOperation } from "#operations/operation.ts";
import type { CliOptions } from "#cli/cli-options.ts";
import { childWords, type CommandTree } from "#cli/command-tree.ts";
import { flagSpecs } from "#cli/flag-spec.ts";
import { GLOBAL_FLAGS } from "#cli/globals.ts";
import { commandHelp, type CommandHelp } from "./command-help.ts";
import { flagLines } from "./flag-lines.ts";
import { columns } from "./columns.ts";

/** The verbs of an agent's loop and of a person's day, shown first and in this order. */
const FIRST = [
  "status",
  "next",
  "claim",
  "note",
  "ask",
  "block",
  "finish",
  "release",
  "propose",
  "wait",
  "why",
];

/** Help for a command, for all that starts with a noun, or (with an empty path) for everything. */
export async function helpText(options: CliOptions, tree: CommandTree, path: string): Promise<string> {
  const name = tree.names.get(path);
  if (name !== undefined) {
    const help = await loadHelp(options, name);
    const below = childWords(tree, path);
    return commandHelp(path, help) + (below.length > 0 ? `\n${await commandList(options, tree, path)}` : "");
  }
  if (path === "") return await overview(options, tree);
  return `Usage: sluice ${path} COMMAND\n\n${await commandList(options, tree, path)}\nsluice ${path} COMMAND --help tells more.\n`;
}

async function overview(options: CliOptions, tree: CommandTree): Promise<string> {
  const shown = await visible(options, tree);
  const short = shown.filter(([words]) => !words.includes(" "));
  const rank = (words: string) => (FIRST.includes(words) ? FIRST.indexOf(words) : FIRST.length);
  const verbs = short.toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const nouns = shown.filter(([words]) => words.includes(" "));
  return [
    "Sluice: the backlog that coding agents drain.",
    "",
    "Usage: sluice [COMMAND] [WORDS] [FLAGS]",
    "       sluice            what is next, and what needs you",
    "",
    ...(verbs.length > 0 ? ["Short verbs:", columns(verbs), ""] : []),
    ...(nouns.length > 0 ? ["All else:", columns(nouns), ""] : []),
    "Flags of every command:",
    flagLines(GLOBAL_FLAGS),
    "",
    "sluice COMMAND --help tells more about one.",
    "",
  ].join("\n");
}

async function commandList(options: CliOptions, tree: CommandTree, path: string): Promise<string> {
  const below = (await visible(options, tree)).filter(([words]) => words.startsWith(`${path} `));
  return `Commands:\n${columns(below)}\n`;
}

/** Words and summary of every command that is not hidden, sorted by its words. */
async function visible(
  options: CliOptions,
  tree: CommandTree,
): Promise<readonly (readonly [string, string])[]> {
  const entries = [...tree.names].filter(([, name]) => options.commands[name]?.hidden !== true);
  const rows = entries.map(async ([words, name]) => {
    const summary = options.commands[name]?.summary ?? (await options.operations[name]?.())?.summary;
    return [words, summary ?? ""] as const;
  });
  return (await Promise.all(rows)).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

async function loadHelp(options: CliOptions, name: string): Promise<CommandHelp> {
  const command = options.commands[name];
  if (command !== undefined) {
    const { summary, description, examples } = command;
    const { input, positional = [] } = await command.load();
    const more = description === undefined ? {} : { description };
    return { summary, ...more, examples, specs: flagSpecs(input), positional, isDestructive: false };
  }
  const operation = await options.operations[name]?.();
  return operation === undefined
    ? { summary: "", examples: [], specs: [], positional: [], isDestructive: false }
    : operationHelp(operation);
}

function operationHelp(operation: AnyOperation): CommandHelp {
  const { summary, description, examples, input, positional = [], effect } = operation;
  const more = description === undefined ? {} : { description };
  return {
    summary,
    ...more,
    examples,
    specs: flagSpecs(input),
    positional,
    isDestructive: effect === "destroy",
  };
}
