import type { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { type ReadInput, readInput } from "#operations/plain-input.ts";
import type { CliOptions } from "./cli-options.ts";
import { readArguments, type Arguments, type CommandLine } from "./command-line.ts";
import { formatDuration } from "./duration.ts";
import type { CommandForm, FlagSpec } from "./command-form.ts";
import { GLOBAL_FLAGS, readGlobals, YES, type Globals } from "./globals.ts";
import type { FlagReader } from "./flag-reader.ts";

/** Fields that a global flag may fill, when the command has them and got no word or flag for them. */
const FILLED_BY_GLOBALS = ["lease", "project"] as const;

/** The flags of a form and its words, kept apart. */
export function splitSpecs(specs: readonly FlagSpec[], positional: readonly string[]) {
  return {
    flags: specs.filter((spec) => !positional.includes(spec.field)).map(withGlobalShort),
    words: positional.flatMap((field) => specs.filter((spec) => spec.field === field)),
  };
}

/** A command's own `--project` answers to `-p` as the global one does. */
function withGlobalShort(spec: FlagSpec): FlagSpec {
  const short = spec.short ?? GLOBAL_FLAGS.find(({ flag }) => flag === spec.flag)?.short;
  return short === undefined ? spec : { ...spec, short };
}

/** Reads what follows a command into its input and the global flags. */
export function readCommand(
  options: CliOptions,
  line: CommandLine,
  form: CommandForm,
): { readonly input: FlagReader; readonly globals: Globals } {
  const { flags } = splitSpecs(form.specs, form.positional);
  const extra = asksFirst(form) ? [YES] : [];
  const args = readArguments(line.rest, line, [...flags, ...extra], options.now());
  const globals = readGlobals(args.globals.values, options.env, options.stdout);
  return { input: fillInput(form, args, { ...globals }), globals };
}

/** Whether `--yes` is the command line's own, and no field of the input. */
export const asksFirst = ({ isDestructive, specs }: CommandForm): boolean =>
  isDestructive && !specs.some((spec) => spec.field === "yes");

/** Puts words into their fields and fills `lease` and `project`. Refuses with `invalid` what is missing or too much. */
function fillInput(
  form: CommandForm,
  { flags, words }: Arguments,
  globals: Readonly<Record<string, unknown>>,
): FlagReader {
  const { specs } = form;
  const positional = splitSpecs(specs, form.positional).words;
  placeWords(form, positional, flags, words);
  for (const field of FILLED_BY_GLOBALS) {
    const wanted = specs.some((spec) => spec.field === field && !spec.many && spec.value.is !== "boolean");
    const value = globals[field];
    if (wanted && flags.values[field] === undefined && value !== undefined) flags.values[field] = value;
  }
  const missing = specs.find(
    (spec) =>
      spec.required &&
      flags.values[spec.field] === undefined &&
      !flags.files.some((file) => file.field === spec.field),
  );
  if (missing !== undefined) throw missingField(form, missing, positional.includes(missing));
  return flags;
}

function placeWords(
  form: CommandForm,
  positional: readonly FlagSpec[],
  flags: FlagReader,
  words: readonly string[],
): void {
  // `finish` alone works under the lease of the environment: a word that is left out is filled later.
  words.forEach((word, index) => {
    const last = positional.at(-1);
    const spec = positional[index] ?? (last?.many === true ? last : undefined);
    if (spec === undefined) throw unexpectedWord(form, word, positional.length);
    flags.addWord(spec, word);
  });
}

function unexpectedWord(form: CommandForm, word: string, expected: number): SluiceError {
  const takes = expected === 0 ? "no words" : expected === 1 ? "one word" : `${expected} words`;
  return new SluiceError("invalid", `${JSON.stringify(word.slice(0, 80))} is one word too many`, {
    hint: `This command takes ${takes}${/\s/.test(word) ? "" : "; put a text with spaces in quotes"}${exampleOf(form)}`,
    details: { field: "argv", value: word.slice(0, 80), accepted: takes },
  });
}

function missingField(form: CommandForm, spec: FlagSpec, isWord: boolean): SluiceError {
  const name = labelOf(spec, isWord);
  return new SluiceError("invalid", `${name} is missing`, {
    hint: `Give ${name}${exampleOf(form)}`,
    details: { field: name, accepted: spec.value.is === "choice" ? spec.value.choices : spec.value.is },
  });
}

function exampleOf(form: CommandForm): string {
  const [example] = form.examples;
  return example === undefined ? "" : `, for example: ${example.command}`;
}

/** Reads the input by its schema. Refuses with one `invalid` that names the flag, the value and what is accepted. */
export function checkInput(schema: z.ZodType, { specs, positional }: CommandForm, input: unknown): ReadInput {
  const specOf = (path: readonly PropertyKey[]) => specs.find(({ field }) => field === path[0]);
  return readInput(schema, input, {
    nameOf: (path) => {
      const spec = specOf(path);
      return spec === undefined ? String(path[0] ?? "input") : labelOf(spec, positional.includes(spec.field));
    },
    amount: (value, path) => (specOf(path)?.value.is === "duration" ? formatDuration(value) : String(value)),
  });
}

const labelOf = ({ flag }: FlagSpec, isWord: boolean): string => (isWord ? flag.toUpperCase() : `--${flag}`);
