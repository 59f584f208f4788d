import { join } from "node:path";
import { quote } from "./demo-folder.ts";
import type { Terminal } from "./terminal.ts";

const PROGRAM = join(import.meta.dir, "..", "bin", "sluice");

/** The command line, called as a person would: real processes, nothing else. */
export interface SluiceCli {
  /** Shows the command and what it prints. Rejects when it fails. */
  readonly show: (...args: readonly string[]) => Promise<void>;
  /** Its answer as JSON, nothing shown. Rejects when it fails. */
  readonly ask: (...args: readonly string[]) => Promise<unknown>;
  /** Shows the command and starts it; the caller reads its stdout. */
  readonly start: (...args: readonly string[]) => StartedCommand;
}

export type StartedCommand = Bun.Subprocess<"ignore", "pipe", "inherit">;

export interface CliPlace {
  readonly dir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a command may ask the person at the terminal, and act as one who sits there; default no. */
  readonly attended?: boolean;
}

export function sluiceCli(
  { dir: cwd, env, attended = false }: CliPlace,
  terminal: Terminal,
  signal: AbortSignal,
): SluiceCli {
  const stdin = attended ? "inherit" : "ignore";
  const echo = (args: readonly string[]) =>
    terminal.line(terminal.dim(`$ ${["sluice", ...args].map(quote).join(" ")}`));
  return {
    show: async (...args) => {
      signal.throwIfAborted();
      echo(args);
      const child = Bun.spawn([PROGRAM, ...args], {
        cwd,
        env,
        stdin,
        stdout: "inherit",
        stderr: "inherit",
      });
      await succeed(child, args, signal);
    },
    ask: async (...args) => {
      signal.throwIfAborted();
      const argv = [PROGRAM, ...args, "--json"];
      const child = Bun.spawn(argv, { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
      const text = await child.stdout.text();
      await succeed(child, args, signal);
      const answer: unknown = JSON.parse(text);
      return answer;
    },
    start: (...args) => {
      signal.throwIfAborted();
      echo(args);
      return Bun.spawn([PROGRAM, ...args], { cwd, env, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    },
  };
}

async function succeed(
  child: { readonly exited: Promise<number> },
  args: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const code = await child.exited;
  signal.throwIfAborted();
  if (code !== 0) throw new Error(`sluice ${args.map(quote).join(" ")} ended with exit code ${code}`);
}
