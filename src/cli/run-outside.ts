import type { CliOptions } from "./cli-options.ts";
import type { CommandLine } from "./command-line.ts";
import { flagSpecs } from "./flag-spec.ts";
import { localFiles } from "./local-files.ts";
import type { OutsideCommand } from "./outside-command.ts";
import { readCommand } from "./read-command.ts";
import { readFiles } from "./read-files.ts";
import { checkInput } from "./read-input.ts";

/** Runs a command that is no operation: same flags, but it prints what and when it likes. */
export async function runOutside(
  options: CliOptions,
  line: CommandLine,
  command: OutsideCommand,
): Promise<number> {
  const body = await command.load();
  const form = { ...body, examples: command.examples };
  const specs = flagSpecs(body.input);
  const { input, globals } = readCommand(options, line, form, specs, []);
  const texts = await readFiles(input.files, localFiles(options.cwd), options.stdin);
  const parsed = checkInput(form, specs, { ...input.values, ...texts });
  // It prints for itself, so a spinner between its lines would only be in the way.
  const open = () => options.open(globals, options.signal, () => {});
  // `defineCommandBody` tied `run` to this very schema.
  return await body.run({ surroundings: options, globals, open }, parsed as never);
}
