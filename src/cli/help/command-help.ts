import type { FlagSpec } from "#cli/flag-spec.ts";
import { splitSpecs } from "#cli/read-input.ts";
import { YES } from "#cli/globals.ts";
import { columns } from "./columns.ts";
import { flagLines, meaning, valueName } from "./flag-lines.ts";

/** What help says about one command. */
export interface CommandHelp {
  readonly summary: string;
  readonly description?: string;
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  readonly specs: readonly FlagSpec[];
  readonly positional: readonly string[];
  readonly isDestructive: boolean;
}

export function commandHelp(path: string, help: CommandHelp): string {
  const { flags, words } = splitSpecs(help.specs, help.positional);
  const flagText = flagLines(help.isDestructive ? [...flags, YES] : flags);
  const sections = [
    help.summary,
    usage(path, flags, words),
    ...(help.description === undefined ? [] : [help.description]),
    ...(words.length > 0
      ? [`Words:\n${columns(words.map((word) => [wordName(word), meaning(word, true)]))}`]
      : []),
    ...(flagText === "" ? [] : [`Flags:\n${flagText}`]),
    ...(help.examples.length > 0 ? [`Examples:\n${examples(help)}`] : []),
    "sluice --help lists the flags of every command (--json, --project, …).",
  ];
  return `${sections.join("\n\n")}\n`;
}

function usage(path: string, flags: readonly FlagSpec[], words: readonly FlagSpec[]): string {
  const required = flags
    .filter((spec) => spec.required)
    .map((spec) => (spec.short === undefined ? `--${spec.flag}` : `-${spec.short}`) + suffix(spec));
  const parts = [
    "Usage: sluice",
    path,
    ...words.map((word) => (isOptionalWord(word) ? `[${wordName(word)}]` : wordName(word))),
    ...required,
    ...(flags.length > required.length ? ["[FLAGS]"] : []),
  ];
  return parts.join(" ");
}

function suffix(spec: FlagSpec): string {
  const value = valueName(spec);
  return value === "" ? "" : ` ${value}`;
}

function wordName(spec: FlagSpec): string {
  return `${spec.flag.toUpperCase()}${spec.many ? "..." : ""}`;
}

/** A lease may come from `--lease` or the environment. */
function isOptionalWord(spec: FlagSpec): boolean {
  return !spec.required || spec.field === "lease";
}

function examples(help: CommandHelp): string {
  return help.examples.map(({ command, does }) => `  ${command}\n      ${does}`).join("\n");
}
