/** How the text of a flag becomes a value. */
export type ValueKind =
  | { readonly is: "text" | "number" | "boolean" | "duration" | "time" | "json" }
  | { readonly is: "choice"; readonly choices: readonly string[] }
  /** `key=value`: an entry of one record, an object with two named fields, or the text as it stands. */
  | { readonly is: "pair"; readonly as: "record" | "text" | readonly [string, string] }
  /** Text that stands for an object with one required field. */
  | { readonly is: "wrapped"; readonly key: string };

/** One input field as the command line sees it. */
export interface FlagSpec {
  readonly field: string;
  /** Without dashes, in kebab-case. */
  readonly flag: string;
  /** One letter, without dash. */
  readonly short?: string;
  /** Flag that takes a file name (or `-`) in place of the text. Equal to `flag` where there is only the file form. */
  readonly fileFlag?: string;
  readonly value: ValueKind;
  /** True where the flag may be repeated. */
  readonly many: boolean;
  readonly required: boolean;
  readonly defaultValue?: unknown;
  readonly description?: string;
}

/** What is read from a command line for one command, and what its help says. */
export interface CommandForm {
  readonly description?: string;
  /** Full command lines, each with what it does. */
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  readonly specs: readonly FlagSpec[];
  /** Fields given as words instead of flags, in order; the last may be a list. */
  readonly positional: readonly string[];
  /** Whether it removes something, and asks first. */
  readonly isDestructive: boolean;
}

export interface Command {
  /** Of the operation in the registry, or of the command outside of it. */
  readonly name: string;
  /** One sentence in the imperative. */
  readonly summary: string;
  /** Kept out of help and completion. */
  readonly hidden?: true;
  /** A function, so that a command line makes only its own. */
  readonly form: () => CommandForm;
}

/** Every command by its words joined with a space: `item.add` is `item add`. */
export type CommandTable = Readonly<Record<string, Command>>;
