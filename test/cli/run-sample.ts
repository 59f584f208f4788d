import { helpText } from "#cli/help/help-text.ts";
import { z } from "zod";
import type { Context } from "#operations/context.ts";
import { valueOf } from "#operations/plain-input.ts";
import type { CliOptions } from "#cli/cli-options.ts";
import type { OutsideCommand } from "#cli/outside-command.ts";
import type { Globals } from "#cli/globals.ts";
import { runCli } from "#cli/run-cli.ts";
import { PRESENTERS } from "#cli/present/presenters.ts";
import { commandTable } from "../../scripts/make-command-table.ts";
import { SAMPLE_OPERATIONS } from "./sample-operations.ts";

/** Noon of the first day of 2026, UTC. */
export const NOW = Date.UTC(2026, 0, 1, 12);

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What `open` was called with; empty when it never was. */
  readonly opened: readonly Globals[];
}

export interface RunWith extends Partial<Omit<CliOptions, "argv" | "commands">> {
  readonly commands?: Readonly<Record<string, OutsideCommand>>;
  /** Lines typed at a terminal; being given makes standard input and error terminals. */
  readonly typed?: readonly string[];
  /** Bytes on standard input. */
  readonly input?: Uint8Array;
  readonly stdoutTTY?: boolean;
  /** What the context's files read. */
  readonly readFile?: (path: string) => Promise<Uint8Array>;
}

/** Runs the command line over the sample operations and gives back everything it printed. */
export async function run(argv: readonly string[], options: RunWith = {}): Promise<Ran> {
  const { typed, input = new Uint8Array(), stdoutTTY = false, readFile = fromDisk, ...rest } = options;
  const { commands = {}, operations = SAMPLE_OPERATIONS, ...more } = rest;
  const lines = [...(typed ?? [])];
  const printed = { stdout: "", stderr: "" };
  const opened: Globals[] = [];
  const sink = (name: "stdout" | "stderr", isTTY: boolean) => ({
    isTTY,
    columns: () => 60,
    write: (text: string) => {
      printed[name] += text;
      return Promise.resolve();
    },
  });
  const table = options.table ?? (await tableOf(operations, commands));
  const code = await runCli({
    argv,
    env: {},
    cwd: "/",
    stdin: {
      isTTY: typed !== undefined,
      bytes: () => Promise.resolve(input),
      line: () => Promise.resolve(lines.shift()),
    },
    stdout: sink("stdout", stdoutTTY),
    stderr: sink("stderr", typed !== undefined),
    isAttended: () => typed !== undefined,
    now: () => NOW,
    newId: () => "bug-1",
    version: "1.2.3",
    table,
    overview: helpText(table, ""),
    operations,
    commands: () => Promise.resolve(commands),
    presenters: () => Promise.resolve(PRESENTERS),
    open: (globals) => {
      opened.push(globals);
      return Promise.resolve(contextFor(globals, readFile));
    },
    invoke: async (context, operation, raw) =>
      await operation.run(context, valueOf(operation.input, raw) as never),
    logFile: "/dev/null/none",
    signal: new AbortController().signal,
    ...more,
  });
  return { code, ...printed, opened };
}

/** Made once for the operations that most tests use. */
export const SAMPLE_TABLE = commandTable(SAMPLE_OPERATIONS, {});

const tableOf = (operations: CliOptions["operations"], commands: Readonly<Record<string, OutsideCommand>>) =>
  operations === SAMPLE_OPERATIONS && Object.keys(commands).length === 0
    ? SAMPLE_TABLE
    : commandTable(operations, commands);

const fromDisk = async (path: string) => new Uint8Array(await Bun.file(path).arrayBuffer());

function contextFor(globals: Globals, read: Context["files"]["read"]): Context {
  const unused = () => Promise.reject(new Error("not used by the samples"));
  return {
    caller: {
      actor: { kind: "human", name: globals.as ?? "ada" },
      auth: "asserted",
      authority: "human",
      interface: "cli",
      host: "test",
    },
    store: { now: () => Promise.resolve(NOW), close: () => Promise.resolve() } as Context["store"],
    files: {
      read,
      write: unused,
      resolve: (path) => path,
    },
    git: unused,
    todo: unused,
    now: () => NOW,
    sleep: () => Promise.resolve(),
    random: () => 0.5,
    randomBytes: () => new Uint8Array(),
    forge: () => Promise.reject(new Error("no forge here")),
    checkout: unused,
  };
}

/** The input that an echoing sample operation got. */
export async function inputOf(argv: readonly string[], options: RunWith = {}): Promise<unknown> {
  const { stdout, stderr, code } = await run([...argv.slice(0, 1), "--json", ...argv.slice(1)], options);
  if (code !== 0) throw new Error(stderr);
  return z.object({ input: z.unknown() }).parse(JSON.parse(stdout)).input;
}
