import { helpText } from "#cli/help/help-text.ts";
import type { Command, CommandForm, CommandTable } from "#cli/command-form.ts";
import { completionCommands } from "#cli/completion/completion-commands.ts";
import type { OutsideCommand } from "#cli/outside-command.ts";
import { OUTSIDE } from "#compose/outside.ts";
import type { AnyOperation } from "#operations/operation.ts";
import { REGISTRY } from "#operations/registry.ts";
import { flagSpecs, kebabCase } from "./flag-specs.ts";

type Operations = Readonly<Record<string, () => Promise<AnyOperation>>>;
type OutsideCommands = Readonly<Record<string, OutsideCommand>>;

/** The commands of a registry and those outside of it, as the command line reads and shows them. */
export async function commandTable(operations: Operations, outside: OutsideCommands): Promise<CommandTable> {
  const table: Record<string, Command> = {};
  for (const [name, load] of Object.entries(operations)) table[wordsOf(name)] = fromOperation(await load());
  for (const [name, command] of Object.entries({ ...outside, ...completionCommands() }))
    table[wordsOf(name)] = await fromOutside(name, command);
  return table;
}

const wordsOf = (name: string): string => name.split(".").map(kebabCase).join(" ");

function fromOperation(operation: AnyOperation): Command {
  const { name, summary, description, examples, input, positional = [], effect } = operation;
  const form: CommandForm = {
    ...(description === undefined ? {} : { description }),
    examples,
    specs: flagSpecs(input),
    positional,
    isDestructive: effect === "destroy",
  };
  return { name, summary, form: () => form };
}

async function fromOutside(name: string, command: OutsideCommand): Promise<Command> {
  const { summary, description, examples, hidden, load } = command;
  const { input, positional = [] } = await load();
  const form: CommandForm = {
    ...(description === undefined ? {} : { description }),
    examples,
    specs: flagSpecs(input),
    positional,
    isDestructive: false,
  };
  return { name, summary, ...(hidden === true ? { hidden } : {}), form: () => form };
}

/** `src/cli/command-table.ts`, made from the schemas of all commands. */
export async function commandTableText(): Promise<string> {
  const table = await commandTable(REGISTRY, OUTSIDE);
  const rows = Object.entries(table).map(([words, { form, ...head }]) => {
    const shown = JSON.stringify(head).slice(1, -1);
    return `  ${JSON.stringify(words)}: { ${shown}, form: () => (${JSON.stringify(form())}) },`;
  });
  return [
    "// Made from the schemas of all commands by `npm run docs`; do not edit. A test fails when it is stale.",
    'import type { CommandTable } from "./command-form.ts";',
    "",
    "export const COMMAND_TABLE: CommandTable = {",
    ...rows,
    "};",
    "",
    "/** What `sluice --help` prints. */",
    `export const OVERVIEW = ${JSON.stringify(helpText(table, ""))};`,
    "",
  ].join("\n");
}
