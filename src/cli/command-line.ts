import { SluiceError } from "#domain/errors.ts";
import type { RefKind } from "#domain/ref.ts";
import { ALIASES } from "#operations/registry.ts";
import { didYouMean, nearWords } from "./near-words.ts";
import type { CommandTable, FlagSpec } from "./command-form.ts";
import { FlagReader } from "./flag-reader.ts";
import { GLOBAL_FLAGS } from "./globals.ts";

/** A line cut into its command and what belongs to it. */
export interface CommandLine {
  /** Words of the command joined by a space; empty for none. */
  readonly path: string;
  /** Values of the global flags that stood before or inside the command. */
  readonly globals: FlagReader;
  /** Words and flags after the command. */
  readonly rest: readonly string[];
  /** True when the first word of `rest` could have been a command's but is none. */
  readonly unknownWord?: string;
}

/** The commands that people type most, as one word; where several are meant, the first ref decides. */
export const SHORT: Readonly<Record<string, Readonly<Partial<Record<RefKind, string>>>>> = {
  add: { item: "item add" },
  list: { item: "item list" },
  show: { item: "item show", candidate: "gate show", run: "run show" },
  edit: { item: "item edit" },
  approve: { item: "verify", candidate: "gate approve" },
  done: { item: "item close" },
  drop: { item: "item drop", candidate: "gate reject" },
};

/** What other programs write as a flag, and the command that it is here. */
const MEANT: Readonly<Record<string, string>> = { "doctor --fix": "doctor fix" };

/** Finds the command. Global flags may stand before and between its words; what follows it, it reads with its own flags first. */
export function findCommand(argv: readonly string[], table: CommandTable, now: number): CommandLine {
  refuseBrokenText(argv);
  const globals = new FlagReader(GLOBAL_FLAGS, now);
  let path = "";
  let at = 0;
  while (at < argv.length) {
    const token = argv[at] ?? "";
    if (token === "--") break;
    const meant = MEANT[`${path} ${token}`];
    if (meant !== undefined && meant in table) {
      path = meant;
      at += 1;
      continue;
    }
    if (isFlag(token)) {
      const isWhole = path in table && childWords(table, path).length === 0;
      const used = isWhole ? 0 : globals.take(argv, at);
      if (used === 0) break;
      at += used;
      continue;
    }
    const next =
      path === ""
        ? (shortCommand(argv.slice(at), table) ?? descend(table, path, token))
        : descend(table, path, token);
    if (next === undefined) return { path, globals, rest: argv.slice(at), unknownWord: token };
    path = next;
    at += 1;
  }
  return { path, globals, rest: argv.slice(at) };
}

/** The command that a short one means: `show C-7` is `gate show C-7`. */
function shortCommand([verb = "", ...rest]: readonly string[], table: CommandTable): string | undefined {
  const commands = Object.hasOwn(SHORT, verb) ? SHORT[verb] : undefined;
  const ref = rest.find((token) => /^[CR]-[1-9]/i.test(token))?.[0]?.toUpperCase();
  const meant = commands?.[ref === "C" ? "candidate" : ref === "R" ? "run" : "item"] ?? commands?.item;
  return meant !== undefined && meant in table ? meant : undefined;
}

/** The path with one more word, or undefined when no command starts so. */
export function descend(table: CommandTable, path: string, word: string): string | undefined {
  const next = path === "" ? (ALIASES[word] ?? word) : `${path} ${word}`;
  return next in table || Object.keys(table).some((words) => words.startsWith(`${next} `)) ? next : undefined;
}

/** The words that may follow a path, sorted. */
export function childWords(table: CommandTable, path: string): readonly string[] {
  const start = path === "" ? "" : `${path} `;
  const below = Object.keys(table).filter((words) => words.startsWith(start));
  return [...new Set(below.map((words) => words.slice(start.length).split(" ")[0] ?? ""))].toSorted();
}

/** What follows a command: its flags' texts and its words. */
export interface Arguments {
  readonly flags: FlagReader;
  readonly globals: FlagReader;
  readonly words: readonly string[];
}

/** Reads what follows a command. A flag of the command hides a global one of the same name. */
export function readArguments(
  rest: readonly string[],
  line: CommandLine,
  specs: readonly FlagSpec[],
  now: number,
): Arguments {
  const flags = new FlagReader(specs, now);
  const words: string[] = [];
  let at = 0;
  while (at < rest.length) {
    const token = rest[at] ?? "";
    if (token === "--") {
      words.push(...rest.slice(at + 1));
      break;
    }
    if (!isFlag(token)) {
      words.push(token);
      at += 1;
      continue;
    }
    const used = flags.take(rest, at) || line.globals.take(rest, at);
    if (used === 0) throw unknownFlag(token, line.path, [...specs, ...GLOBAL_FLAGS]);
    at += used;
  }
  return { flags, globals: line.globals, words };
}

/** Refuses a word that no command starts with, and says which there are. */
/** What other backlogs and trackers call it. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  assign: "claim",
  blame: "who",
  board: "status",
  close: "item close",
  comment: "note",
  complete: "finish",
  create: "item add",
  delete: "item drop",
  dep: "link add",
  depend: "link add",
  export: "todo export",
  find: "item list --search",
  history: "log",
  import: "todo import",
  ls: "item list",
  new: "item add",
  pick: "claim",
  ready: "next",
  remove: "item drop",
  rm: "item drop",
  search: "item list --search",
  start: "claim",
  sync: "git scan",
  take: "claim",
  tasks: "item list",
  update: "item edit",
  view: "item show",
};

export function unknownCommand(table: CommandTable, path: string, word: string): SluiceError {
  const known = childWords(table, path);
  if (word === "") return missingWord(path, known);
  const typed = path === "" ? word : `${path} ${word}`;
  const near =
    path === "" && Object.hasOwn(ELSEWHERE, word)
      ? [`sluice ${ELSEWHERE[word]}`]
      : nearWords(word, known).map((next) => `sluice ${path === "" ? next : `${path} ${next}`}`);
  const below = Object.keys(table).filter((words) => path === "" && words.endsWith(` ${word}`));
  if (near.length === 0) near.push(...below.slice(0, 3).map((words) => `sluice ${words}`));
  const help = `Run sluice ${path === "" ? "" : `${path} `}--help to see the commands`;
  return new SluiceError("invalid", `"sluice ${typed}" is not a command`, {
    hint: didYouMean(near) ?? help,
    details: { field: "command", value: typed, accepted: known },
  });
}

function missingWord(path: string, known: readonly string[]): SluiceError {
  return new SluiceError("invalid", `sluice ${path} needs one more word`, {
    hint: `Add one of ${known.join(", ")}, or --help`,
    details: { field: "command", value: path, accepted: known },
  });
}

function unknownFlag(token: string, path: string, specs: readonly FlagSpec[]): SluiceError {
  const name = token.split("=")[0] ?? token;
  const known = specs.flatMap((spec) => [
    `--${spec.flag}`,
    ...(spec.fileFlag === undefined ? [] : [`--${spec.fileFlag}`]),
  ]);
  const command = path === "" ? "sluice" : `sluice ${path}`;
  return new SluiceError("invalid", `${command} has no flag ${name}`, {
    hint: didYouMean(nearWords(name, known)) ?? `Run ${command} --help to see its flags`,
    details: { field: "flag", value: name, accepted: known },
  });
}

function isFlag(token: string): boolean {
  return token.startsWith("-") && token !== "-";
}

/** A runtime replaces bytes that are no UTF-8 by U+FFFD, and storing that would keep a text that nobody wrote. */
function refuseBrokenText(argv: readonly string[]): void {
  const broken = argv.findIndex((token) => /[\uFFFD\p{Cs}]/u.test(token));
  if (broken < 0) return;
  throw new SluiceError("invalid", `Argument ${broken + 1} is not valid UTF-8`, {
    hint: "Give the text in UTF-8, or from a file",
    details: { field: "argv", value: broken + 1, accepted: "UTF-8" },
  });
}
