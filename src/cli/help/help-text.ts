import type { CommandTable } from "#cli/command-form.ts";
import { childWords } from "#cli/command-line.ts";
import { GLOBAL_FLAGS } from "#cli/globals.ts";
import { commandHelp } from "./command-help.ts";
import { flagLines, columns } from "./flag-lines.ts";

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
export function helpText(table: CommandTable, path: string): string {
  const command = table[path];
  if (command !== undefined) {
    const below = childWords(table, path).length > 0 ? `\n${commandList(table, path)}` : "";
    return commandHelp(path, command) + below;
  }
  if (path === "") return overview(table);
  return `Usage: sluice ${path} COMMAND\n\n${commandList(table, path)}\nsluice ${path} COMMAND --help tells more.\n`;
}

function overview(table: CommandTable): string {
  const shown = visible(table);
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

function commandList(table: CommandTable, path: string): string {
  return `Commands:\n${columns(visible(table).filter(([words]) => words.startsWith(`${path} `)))}\n`;
}

/** Words and summary of every command that is not hidden, sorted by its words. */
function visible(table: CommandTable): readonly (readonly [string, string])[] {
  return Object.entries(table)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([words, { summary }]) => [words, summary] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}
