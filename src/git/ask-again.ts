import { SluiceError } from "#domain/errors.ts";
import { fromSubcommand } from "./subcommand.ts";

/** Killed so often in a row, it is git's own doing, such as a crash. */
const MAX_KILLS = 3;

/** Subcommands, some with their first word, that move nothing as they are called here: asked again, they answer the same. */
const READING: ReadonlySet<string> = new Set([
  "blame",
  "cat-file",
  "check-attr",
  "config",
  "diff-tree",
  "for-each-ref",
  "grep",
  "log",
  "ls-files",
  "ls-remote",
  "ls-tree",
  "merge-base",
  "patch-id",
  "remote",
  "rev-list",
  "rev-parse",
  "status",
  "var",
  "version",
  "symbolic-ref -q",
  "worktree list",
  // They write objects, each under the name of its content.
  "commit-tree",
  "merge-tree",
]);

/** That a signal from elsewhere ended git: no answer, whatever its exit code and its output. */
export function killed(args: readonly string[], signal: string | number): SluiceError {
  return new SluiceError("unavailable", `git ${subcommand(args)} was ended by ${signal}`, {
    hint: "Try again.",
    details: { killedBy: signal },
  });
}

/** Asks git once more, at once, where something killed a call that only reads. */
export async function askAgain<T>(args: readonly string[], ask: () => Promise<T>): Promise<T> {
  for (let kills = 1; ; kills += 1) {
    try {
      return await ask();
    } catch (error) {
      const wasKilled = error instanceof SluiceError && error.details["killedBy"] !== undefined;
      if (!wasKilled || kills >= MAX_KILLS || !isReading(args)) throw error;
    }
  }
}

function isReading(args: readonly string[]): boolean {
  const [name = "", word = ""] = fromSubcommand(args);
  return READING.has(name) || READING.has(`${name} ${word}`);
}

function subcommand(args: readonly string[]): string {
  return fromSubcommand(args)[0] ?? "";
}
