import type { CliOptions } from "./cli-options.ts";
import { findCommand, unknownCommand, type CommandLine } from "./command-line.ts";
import { commandTree, type CommandTree } from "./command-tree.ts";
import { completionCommands } from "./completion/completion-commands.ts";
import { INTERRUPTED, INTERRUPTED_EXIT } from "./interrupt.ts";
import { reportError } from "./report-error.ts";

/** What bare `sluice` runs: what is next, and what needs the person. */
const BARE_COMMAND = "status";

/** Runs one command line. Resolves to the exit code and never rejects: every failure has been printed. */
export async function runCli(options: CliOptions): Promise<number> {
  try {
    return await dispatch(withBuiltIns(options));
  } catch (error) {
    if (error === INTERRUPTED || options.signal.aborted) return INTERRUPTED_EXIT;
    const flags = options.argv.slice(0, endOfFlags(options.argv));
    return await reportError(options, error, {
      json: flags.includes("--json"),
      debug: flags.includes("--debug"),
    });
  }
}

function withBuiltIns(options: CliOptions): CliOptions {
  const all: CliOptions = {
    ...options,
    commands: { ...options.commands, ...completionCommands(() => all) },
  };
  return all;
}

async function dispatch(options: CliOptions): Promise<number> {
  const tree = commandTree([...Object.keys(options.operations), ...Object.keys(options.commands)]);
  const help = helpPath(options.argv, tree, options.now());
  if (help !== undefined) return await printHelp(options, tree, help);
  const line = findCommand(options.argv, tree, options.now());
  if (line.globals.values.version === true) return await print(options, `${options.version}\n`);
  const name = commandName(line, tree);
  if (name === undefined) return await printHelp(options, tree, "");
  return await runNamed(options, line, name);
}

async function runNamed(options: CliOptions, line: CommandLine, name: string): Promise<number> {
  const command = options.commands[name];
  if (command !== undefined) {
    const { runOutside } = await import("./run-outside.ts");
    return await runOutside(options, line, command);
  }
  const [{ runOperation }, operation] = await Promise.all([
    import("./run-operation.ts"),
    options.operations[name]?.(),
  ]);
  if (operation === undefined) throw new Error(`${name} is in the tree and nowhere else`);
  return await runOperation(options, line, operation);
}

function commandName(line: CommandLine, tree: CommandTree): string | undefined {
  if (line.path === "" && line.unknownWord === undefined)
    return tree.names.has(BARE_COMMAND) ? BARE_COMMAND : undefined;
  const name = tree.names.get(line.path);
  if (name === undefined) throw unknownCommand(tree, line.path, line.unknownWord ?? "");
  return name;
}

async function print(options: CliOptions, text: string): Promise<number> {
  await options.stdout.write(text);
  return 0;
}

async function printHelp(options: CliOptions, tree: CommandTree, path: string): Promise<number> {
  const { helpText } = await import("./help/help-text.ts");
  return await print(options, await helpText(options, tree, path));
}

/** Words of the command whose help is asked for: `help item add`, `item add --help`. Undefined when none is asked for. */
function helpPath(argv: readonly string[], tree: CommandTree, now: number): string | undefined {
  const before = argv.slice(0, endOfFlags(argv));
  const rest = before.filter((token) => token !== "--help" && token !== "-h");
  const isCommand = rest[0] === "help" && !tree.names.has("help");
  if (!isCommand && rest.length === before.length) return undefined;
  const line = findCommand(isCommand ? rest.slice(1) : rest, tree, now);
  if (line.unknownWord !== undefined && !tree.names.has(line.path))
    throw unknownCommand(tree, line.path, line.unknownWord);
  return line.path;
}

function endOfFlags(argv: readonly string[]): number {
  const at = argv.indexOf("--");
  return at < 0 ? argv.length : at;
}
