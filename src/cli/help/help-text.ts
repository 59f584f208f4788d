import type { CommandTable } from "#cli/command-form.ts";
import { childWords, SHORT } from "#cli/command-line.ts";
import { GLOBAL_FLAGS } from "#cli/globals.ts";
import { commandHelp } from "./command-help.ts";
import { flagLines, columns } from "./flag-lines.ts";

/** What people and agents come for, and the commands for it in the order of use. */
const TASKS: Readonly<Record<string, readonly string[]>> = {
  Start: ["init", "project add", "repo add", "setup", "todo import", "item add"],
  See: ["status", "inbox", "item list", "item show", "why", "starvation", "log", "who"],
  Decide: [
    "sweep",
    "gate list",
    "gate approve",
    "gate reject",
    "decide",
    "verify",
    "return",
    "land",
    "item move",
    "undo",
  ],
  "Let agents work": ["work", "run list", "run log", "pause", "resume"],
  "Work as an agent": [
    "next",
    "claim",
    "note",
    "plan set",
    "ask",
    "block",
    "finish",
    "release",
    "propose",
    "wait",
    "heartbeat",
  ],
  "Keep and share a workspace": [
    "doctor",
    "backup",
    "restore",
    "copy",
    "serve",
    "token create",
    "mcp",
    "trust",
    "completion",
  ],
};

/** Help for a command, for all that starts with a noun, or (with an empty path) for everything. */
export function helpText(table: CommandTable, path: string): string {
  const command = table[path];
  if (command !== undefined) {
    const below = childWords(table, path).length > 0 ? `\n${commandList(table, path)}` : "";
    return commandHelp(path, command) + below;
  }
  if (path === "") return overview(table);
  return `Usage: sluice ${path} COMMAND\n\n${commandList(table, path)}\nsluice ${path} COMMAND --help shows more.\n`;
}

function overview(table: CommandTable): string {
  const shown = visible(table);
  const tasks = Object.entries(TASKS).map(
    ([task, paths]) =>
      [
        task,
        rows(
          table,
          paths.filter((path) => shown.includes(path)),
        ),
      ] as const,
  );
  const named = new Set(Object.values(TASKS).flat());
  const widest = Math.max(0, ...Array.from(named, (path) => path.length));
  return [
    "Sluice: the backlog that coding agents drain.",
    "",
    "Usage: sluice [COMMAND] [WORDS] [FLAGS]",
    "       sluice            what is next, and what needs you",
    `       sluice ${Object.keys(SHORT).join("|")}`,
    "                         of items, candidates and runs; 5 is OB-5",
    "",
    ...tasks.flatMap(([task, found]) => (found.length === 0 ? [] : [`${task}:`, columns(found, widest), ""])),
    "The rest:",
    columns(theRest(shown.filter((path) => !named.has(path))), widest),
    "",
    "Flags of every command:",
    flagLines(GLOBAL_FLAGS),
    "",
    "sluice COMMAND --help shows the flags of one command.",
    "",
  ].join("\n");
}

/** First words, each with the words that may follow: `item`, `bump, close, drop`. */
function theRest(paths: readonly string[]): readonly (readonly [string, string])[] {
  const byFirst = Map.groupBy(paths, (path) => path.split(" ")[0] ?? "");
  return Array.from(byFirst, ([first, own]) => {
    const below = own.filter((path) => path !== first).map((path) => path.slice(first.length + 1));
    return [first, below.join(", ")] as const;
  });
}

function commandList(table: CommandTable, path: string): string {
  const below = visible(table).filter((words) => words.startsWith(`${path} `));
  return `Commands:\n${columns(rows(table, below))}\n`;
}

const rows = (table: CommandTable, paths: readonly string[]): readonly (readonly [string, string])[] =>
  paths.map((path) => [path, table[path]?.summary ?? ""]);

/** Words of every command that is not hidden, sorted. */
const visible = (table: CommandTable): readonly string[] =>
  Object.keys(table)
    .filter((path) => table[path]?.hidden !== true)
    .toSorted();
