import type { Command, CommandForm, FlagSpec } from "#cli/command-form.ts";
import { asksFirst, splitSpecs } from "#cli/read-input.ts";
import { YES } from "#cli/globals.ts";
import { wrapCells } from "#cli/present/fit.ts";
import { columns, flagLines, HELP_WIDTH, meaning, valueName } from "./flag-lines.ts";

export function commandHelp(path: string, { summary, form: formOf }: Command): string {
  const form = formOf();
  const { flags, words } = splitSpecs(form.specs, form.positional);
  const flagText = flagLines(asksFirst(form) ? [...flags, YES] : flags);
  const sections = [
    wrapCells(summary, HELP_WIDTH),
    usage(path, flags, words),
    ...(form.description === undefined ? [] : [wrapCells(form.description, HELP_WIDTH)]),
    ...(words.length > 0
      ? [`Words:\n${columns(words.map((word) => [wordName(word), meaning(word, true)]))}`]
      : []),
    ...(flagText === "" ? [] : [`Flags:\n${flagText}`]),
    ...(form.examples.length > 0 ? [`Examples:\n${examples(form)}`] : []),
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

function examples(form: CommandForm): string {
  return form.examples.map(({ command, does }) => `  ${command}\n      ${does}`).join("\n");
}
