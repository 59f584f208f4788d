import { z } from "zod";
import type { Context } from "#operations/context.ts";
import type { AnyOperation } from "#operations/operation.ts";
import type { ReadInput } from "#operations/plain-input.ts";
import type { CliOptions } from "./cli-options.ts";
import type { CommandForm } from "./command-form.ts";
import type { CommandLine } from "./command-line.ts";
import type { FlagReader } from "./flag-reader.ts";
import type { Globals } from "./globals.ts";
import { untilInterrupted } from "./interrupt.ts";
import { ERASE_LINE, withProgress } from "./progress.ts";
import { asksFirst, checkInput, readCommand } from "./read-input.ts";

/** Reads an operation's input from the line, runs it and prints its answer. Resolves to the exit code. */
export async function runOperation(
  options: CliOptions,
  line: CommandLine,
  form: CommandForm,
  load: () => Promise<AnyOperation>,
): Promise<number> {
  // A schema is used once here: compiling its parser costs more (0.6 ms each) than it saves. It takes this over when it is made.
  z.config({ jitless: true });
  const operation = await load();
  const { input, globals } = readCommand(options, line, form);
  const isConfirmed = input.values.yes === true || input.values.dryRun === true;
  if (asksFirst(form)) delete input.values.yes;
  const read = input.files.length > 0 ? undefined : checkInput(operation.input, form, input.values);
  if (form.isDestructive && !isConfirmed) {
    const { confirm } = await import("./confirm.ts");
    await confirm(options, globals.json, `sluice ${options.argv.join(" ")}`);
  }
  const readInput = async ({ files }: Context) =>
    read ?? (await withFiles(options, operation, files, form, input));
  const answer = await call(options, operation, globals, readInput);
  return await printAnswer(options, operation, globals, answer);
}

async function call(
  options: CliOptions,
  operation: AnyOperation,
  globals: Globals,
  readInput: (context: Context) => Promise<ReadInput>,
): Promise<unknown> {
  const { signal, stderr } = options;
  let told: string | undefined;
  const progress = (line: string) => {
    told = line;
  };
  let isAsking = false;
  const asking = async <T>(asked: () => Promise<T>): Promise<T> => {
    isAsking = true;
    if (stderr.isTTY) await stderr.write(ERASE_LINE);
    return await asked().finally(() => (isAsking = false));
  };
  const ask = async (question: string) =>
    await asking(async () => {
      await stderr.write(`${question} `);
      return (await options.stdin.line())?.trim();
    });
  const canAsk = options.stdin.isTTY && stderr.isTTY && !globals.json && !globals.quiet;
  const work = async () => {
    const opened = await options.open(globals, signal, progress, operation.workspace === "optional");
    const context = { ...opened, ...(canAsk ? { ask } : {}), ...proofWith(opened, asking) };
    try {
      return await options.invoke(context, operation, await readInput(context));
    } finally {
      await context.store.close();
    }
  };
  const answer = untilInterrupted(signal, work());
  return await (globals.quiet
    ? answer
    : withProgress(stderr, { summary: operation.summary, told: () => told, waits: () => isAsking }, answer));
}

/** The same proof, asked for while nothing else is drawn on the terminal. */
function proofWith(
  { proof }: Context,
  asking: <T>(asked: () => Promise<T>) => Promise<T>,
): Pick<Context, "proof"> {
  if (proof === undefined) return {};
  const asked = async () => {
    const { ask, choose } = await proof();
    return {
      ask: (kept: string) => asking(() => ask(kept)),
      choose: (publicKey: string | undefined) => asking(() => choose(publicKey)),
    };
  };
  return { proof: asked };
}

/** The input with the texts of the files that it names. */
async function withFiles(
  options: CliOptions,
  operation: AnyOperation,
  files: Context["files"],
  form: CommandForm,
  input: FlagReader,
): Promise<ReadInput> {
  const { readFiles } = await import("./read-files.ts");
  const texts = await readFiles(input.files, files, options.stdin);
  return checkInput(operation.input, form, { ...input.values, ...texts });
}

async function printAnswer(
  options: CliOptions,
  operation: AnyOperation,
  globals: Globals,
  answer: unknown,
): Promise<number> {
  const { stdout } = options;
  if (globals.json) await stdout.write(`${JSON.stringify(answer)}\n`);
  else if (!globals.quiet || operation.effect === "read") {
    const { showAnswer } = await import("./present/show-answer.ts");
    await stdout.write(await showAnswer(options, operation.name, globals.color, answer));
  }
  return operation.exitCode?.(answer) ?? 0;
}
