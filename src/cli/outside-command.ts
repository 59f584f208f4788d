import type { z } from "zod";
import type { Context } from "#operations/context.ts";
import type { CommandTable } from "./command-form.ts";
import type { Globals } from "./globals.ts";
import type { Surroundings } from "./surroundings.ts";

/** What a command outside the registry gets. */
export interface OutsideCall {
  readonly surroundings: Surroundings;
  readonly globals: Globals;
  readonly open: () => Promise<Context>;
  /** Every command there is. */
  readonly table: CommandTable;
  /** What an operation answers; undefined where none has that name. All calls share one open workspace. */
  readonly ask: (operation: string, input: unknown) => Promise<unknown>;
  /** An operation's answer as text for a person, with its line break. */
  readonly show: (operation: string, answer: unknown) => Promise<string>;
}

/** The part of a command that is loaded only when it is called or its help is asked for. */
export interface CommandBody {
  /** A Zod object, read from the flags as an operation's input is. */
  readonly input: z.ZodType;
  /** Input fields given as words instead of flags, in order; the last may be a list. */
  readonly positional?: readonly string[];
  /** Resolves to the exit code. */
  readonly run: (call: OutsideCall, input: never) => Promise<number>;
}

/** A command that is not an operation (`init`, `work`, `serve`, `completion`), because it prints a stream or never ends. */
export interface OutsideCommand {
  /** One sentence in the imperative. */
  readonly summary: string;
  readonly description?: string;
  /** Full command lines, each with what it does. */
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  /** True keeps it out of help and completion. */
  readonly hidden?: boolean;
  readonly load: () => Promise<CommandBody>;
}

/** Writes the answer of a command: with `--json` as it is, else as text with its line break. Answers the exit code. */
export async function answered(
  { surroundings, globals }: Pick<OutsideCall, "surroundings" | "globals">,
  answer: object,
  text: string,
): Promise<number> {
  await surroundings.stdout.write(globals.json ? `${JSON.stringify(answer)}\n` : text);
  return 0;
}

/** Keeps the type of the input schema tied to `run`. */
export function defineCommandBody<I extends z.ZodType>(body: {
  readonly input: I;
  readonly positional?: readonly string[];
  readonly run: (call: OutsideCall, input: z.output<I>) => Promise<number>;
}): CommandBody {
  return body;
}
