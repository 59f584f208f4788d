import type { Context } from "#operations/context.ts";
import type { AnyOperation } from "#operations/operation.ts";
import type { CommandTable } from "./command-form.ts";
import type { Globals } from "./globals.ts";
import type { OutsideCommand } from "./outside-command.ts";
import type { Presenter } from "./present/presenter.ts";
import type { Surroundings } from "./surroundings.ts";

export type Operations = Readonly<Record<string, () => Promise<AnyOperation>>>;

/** What the composition root gives to the command line. */
export interface CliOptions extends Surroundings {
  /** How every command is read and shown. */
  readonly table: CommandTable;
  /** `helpText` of the whole table, made with it: the help that is asked for most is not put together each time. */
  readonly overview: string;
  /** The registry. */
  readonly operations: Operations;
  /** Commands outside the registry, by name. `completion` is built in. */
  readonly commands: () => Promise<Readonly<Record<string, OutsideCommand>>>;
  /** How people see each operation's answer. Loaded only when a person reads. */
  readonly presenters: () => Promise<Readonly<Record<string, Presenter<never>>>>;
  /** Opens what an operation works with. Called at most once, after the command line was found sound. */
  readonly open: (
    globals: Globals,
    signal: AbortSignal,
    /** For the context's `progress`: what long work is doing now. */
    progress: (line: string) => void,
    /** Whether it may do without a workspace. */
    isOptional: boolean,
  ) => Promise<Context>;
  /** Checks the authority and the input, runs, and checks the answer. */
  readonly invoke: (context: Context, operation: AnyOperation, input: unknown) => Promise<unknown>;
}
