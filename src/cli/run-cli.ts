import type { CliOptions } from "./cli-options.ts";
import type { Command, CommandTable } from "./command-form.ts";
import { findCommand, unknownCommand, type CommandLine } from "./command-line.ts";
import { INTERRUPTED, INTERRUPTED_EXIT } from "./interrupt.ts";

/** What bare `sluice` runs: what is next, and what needs the person. */
const BARE_COMMAND = "status";

/** Runs one command line. Resolves to the exit code and never rejects: every failure has been printed. */
export async function runCli(options: CliOptions): Promise<number> {
  try {
    return await dispatch(options);
  } catch (error) {
    if (error === INTERRUPTED || options.signal.aborted) return INTERRUPTED_EXIT;
    const flags = options.argv.slice(0, endOfFlags(options.argv));
    const { reportError } = await import("./report-error.ts");
    return await reportError(options, error, {
      json: flags.includes("--json"),
      debug: flags.includes("--debug"),
    });
  }
}

async function dispatch(options: CliOptions): Promise<number> {
  const { argv, table, now } = options;
  const help = helpPath(argv, table, now());
  if (help !== undefined) return await printHelp(options, help);
  const line = findCommand(argv, table, now());
  if (line.globals.values.version === true) return await print(options, `${options.version}\n`);
  const command = commandOf(line, table);
  return command === undefined ? await printHelp(options, "") : await runCommand(options, line, command);
}

async function runCommand(options: CliOptions, line: CommandLine, command: Command): Promise<number> {
  const { name, form } = command;
  const load = options.operations[name];
  if (load === undefined) {
    const { runOutside } = await import("./run-outside.ts");
    return await runOutside(options, line, form(), name);
  }
  const { runOperation } = await import("./run-operation.ts");
  return await runOperation(options, line, form(), load);
}

function commandOf(line: CommandLine, table: CommandTable): Command | undefined {
  if (line.path === "" && line.unknownWord === undefined) return table[BARE_COMMAND];
  const command = table[line.path];
  if (command === undefined) throw unknownCommand(table, line.path, line.unknownWord ?? "");
  return command;
}

async function print(options: CliOptions, text: string): Promise<number> {
  await options.stdout.write(text);
  return 0;
}

async function printHelp(options: CliOptions, path: string): Promise<number> {
  if (path === "") return await print(options, options.overview);
  const { helpText } = await import("./help/help-text.ts");
  return await print(options, helpText(options.table, path));
}

/** Words of the command whose help is asked for: `help item add`, `item add --help`. Undefined when none is asked for. */
function helpPath(argv: readonly string[], table: CommandTable, now: number): string | undefined {
  const before = argv.slice(0, endOfFlags(argv));
  const rest = before.filter((token) => token !== "--help" && token !== "-h");
  const isCommand = rest[0] === "help" && table["help"] === undefined;
  if (!isCommand && rest.length === before.length) return undefined;
  const line = findCommand(isCommand ? rest.slice(1) : rest, table, now);
  if (line.unknownWord !== undefined && table[line.path] === undefined)
    throw unknownCommand(table, line.path, line.unknownWord);
  return line.path;
}

function endOfFlags(argv: readonly string[]): number {
  const at = argv.indexOf("--");
  return at < 0 ? argv.length : at;
}
