import { z } from "zod";
import type { Context } from "#operations/context.ts";
import type { AnyOperation } from "#operations/operation.ts";
import { findCommand, readArguments, unknownCommand, type CommandLine } from "./command-line.ts";
import { commandTree, type CommandTree } from "./command-tree.ts";
import type { CliOptions } from "./cli-options.ts";
import { completionCommands } from "./completion/completion-commands.ts";
import { flagSpecs, type FlagSpec } from "./flag-spec.ts";
import { readGlobals, YES, type Globals } from "./globals.ts";
import { INTERRUPTED_EXIT } from "./interrupt.ts";
import type { OutsideCommand } from "./outside-command.ts";
import { checkInput, fillInput, splitSpecs, type InputForm } from "./read-input.ts";
import { reportError } from "./report-error.ts";
import { readFiles } from "./read-files.ts";
import type { FlagReader } from "./flag-reader.ts";
import { withProgress } from "./progress.ts";

/** What bare `sluice` runs: what is next, and what needs the person. */
const BARE_COMMAND = "status";

/** Runs one command line. Resolves to the exit code and never rejects: every failure has been printed. */
export async function runCli(options: CliOptions): Promise<number> {
  try {
    return await dispatch(withBuiltIns(options));
  } catch (error) {
    if (error === INTERRUPTED) return INTERRUPTED_EXIT;
    const flags = options.argv.slice(0, endOfFlags(options.argv));
    return await reportError(options, error, {
      json: flags.includes("--json"),
      debug: flags.includes("--debug"),
    });
  }
}

function withBuiltIns(options: CliOptions): CliOptions {
  const all: CliOptions = { ...options, commands: { ...options.commands, ...completionCommands(() => all) } };
  return all;
}

const INTERRUPTED = Symbol("interrupted");

async function dispatch(options: CliOptions): Promise<number> {
  const names = [...Object.keys(options.operations), ...Object.keys(options.commands)];
  const tree = commandTree(names);
  const help = helpPath(options.argv, tree, options.now());
  if (help !== undefined) return await printHelp(options, tree, help);
  const line = findCommand(options.argv, tree, options.now());
  if (line.globals.values.version === true) return await print(options, `${options.version}\n`);
  const name = commandName(line, tree);
  if (name === undefined) return await printHelp(options, tree, "");
  const command = options.commands[name];
  if (command !== undefined) return await runOutside(options, line, command);
  const load = options.operations[name];
  if (load === undefined) throw unknownCommand(tree, "", name);
  return await runOperation(options, line, await load());
}

function commandName(line: CommandLine, tree: CommandTree): string | undefined {
  if (line.path === "" && line.unknownWord === undefined)
    return tree.names.has(BARE_COMMAND) ? BARE_COMMAND : undefined;
  const name = tree.names.get(line.path);
  if (name === undefined) throw unknownCommand(tree, line.path, line.unknownWord ?? "");
  return name;
}

async function runOperation(
  options: CliOptions,
  line: CommandLine,
  operation: AnyOperation,
): Promise<number> {
  // A schema is used twice here: compiling its parser costs more (0.6 ms each) than it saves.
  z.config({ jitless: true });
  const isDestructive = operation.effect === "destroy";
  const specs = flagSpecs(operation.input);
  const extra = isDestructive && !specs.some((spec) => spec.field === "yes") ? [YES] : [];
  const { input, globals } = readCommand(options, line, operation, specs, extra);
  if (isDestructive && input.values.yes !== true && input.values.dryRun !== true) {
    const { confirm } = await import("./confirm.ts");
    await confirm(options, globals.json, `sluice ${line.path}`);
  }
  if (extra.length > 0) delete input.values.yes;
  if (input.files.length === 0) checkInput(operation, specs, input.values);
  const answer = await interruptible(
    options,
    async () => {
      const context = await options.open(globals, options.signal);
      try {
        return await callOperation(options, operation, context, specs, input);
      } finally {
        await context.store.close();
      }
    },
    globals.quiet ? undefined : operation.summary,
  );
  return await printAnswer(options, operation, globals, answer);
}

async function callOperation(
  options: CliOptions,
  operation: AnyOperation,
  context: Context,
  specs: readonly FlagSpec[],
  { values, files }: FlagReader,
): Promise<unknown> {
  if (files.length === 0) return await options.invoke(context, operation, values);
  const input = { ...values, ...(await readFiles(files, context.files, options.stdin)) };
  checkInput(operation, specs, input);
  return await options.invoke(context, operation, input);
}

async function runOutside(options: CliOptions, line: CommandLine, command: OutsideCommand): Promise<number> {
  const body = await command.load();
  const form = { ...body, examples: command.examples };
  const specs = flagSpecs(body.input);
  const { input, globals } = readCommand(options, line, form, specs, []);
  const { localFiles } = await import("./local-files.ts");
  const texts = await readFiles(input.files, localFiles(options.cwd), options.stdin);
  const parsed = checkInput(form, specs, { ...input.values, ...texts });
  const open = () => options.open(globals, options.signal);
  return await body.run({ surroundings: options, globals, open }, parsed as never);
}

function readCommand(
  options: CliOptions,
  line: CommandLine,
  form: InputForm,
  specs: readonly FlagSpec[],
  extra: readonly FlagSpec[],
): { readonly input: FlagReader; readonly globals: Globals } {
  const { flags } = splitSpecs(specs, form.positional);
  const args = readArguments(line.rest, line, [...flags, ...extra], options.now());
  const globals = readGlobals(args.globals.values, options.env, options.stdout);
  return { input: fillInput(form, specs, args, { ...globals }), globals };
}

async function interruptible<T>(
  options: CliOptions,
  work: () => Promise<T>,
  label: string | undefined,
): Promise<T> {
  const { signal } = options;
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(INTERRUPTED);
    signal.addEventListener("abort", () => reject(INTERRUPTED), { once: true });
  });
  const race = Promise.race([work(), aborted]);
  return await (label === undefined ? race : withProgress(options.stderr, label, race));
}

async function printAnswer(
  options: CliOptions,
  operation: AnyOperation,
  globals: Globals,
  answer: unknown,
): Promise<number> {
  if (globals.json) return await print(options, `${JSON.stringify(answer)}\n`);
  if (globals.quiet && operation.effect !== "read") return 0;
  const { showAnswer } = await import("./present/show-answer.ts");
  return await print(options, await showAnswer(options, operation.name, globals.color, answer));
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
