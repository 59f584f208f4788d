import type { CliOptions } from "./cli-options.ts";
import { readArguments, type CommandLine } from "./command-line.ts";
import type { FlagReader } from "./flag-reader.ts";
import type { FlagSpec } from "./flag-spec.ts";
import { readGlobals, type Globals } from "./globals.ts";
import { fillInput, splitSpecs, type InputForm } from "./read-input.ts";

/** Reads what follows a command into its input and the global flags. `extra` are flags of the door's own. */
export function readCommand(
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
