import { z } from "zod";
import type { Context } from "#operations/context.ts";
import type { CliOptions } from "./cli-options.ts";
import { completionCommands } from "./completion/completion-commands.ts";
import type { CommandForm } from "./command-form.ts";
import type { CommandLine } from "./command-line.ts";
import { filesIn, readFiles } from "./read-files.ts";
import { checkInput, readCommand } from "./read-input.ts";

/** Runs a command that is not an operation: same flags, but it prints what and when it likes. */
export async function runOutside(
  options: CliOptions,
  line: CommandLine,
  form: CommandForm,
  name: string,
): Promise<number> {
  // As for an operation: what parses often says so itself.
  z.config({ jitless: true });
  const commands = { ...(await options.commands()), ...completionCommands() };
  const body = await commands[name]?.load();
  if (body === undefined) throw new Error(`${name} is in the table and nowhere else`);
  const { input, globals } = readCommand(options, line, form);
  const texts = await readFiles(input.files, filesIn(options.cwd), options.stdin);
  const { value } = checkInput(body.input, form, { ...input.values, ...texts });
  // It prints for itself, so a spinner between its lines would only be in the way.
  const open = () => options.open(globals, options.signal, () => {}, false);
  let shared: Promise<Context> | undefined;
  const ask = async (name: string, asked: unknown) => {
    const operation = await options.operations[name]?.();
    if (operation === undefined) return undefined;
    shared ??= open();
    return await options.invoke(await shared, operation, asked);
  };
  const show = async (name: string, answer: unknown) => {
    const { showAnswer } = await import("./present/show-answer.ts");
    return await showAnswer(options, name, globals.color, answer);
  };
  try {
    const call = { surroundings: options, globals, open, table: options.table, ask, show };
    // `defineCommandBody` tied `run` to this very schema.
    return await body.run(call, value as never);
  } finally {
    await (await shared)?.store.close();
  }
}
