import { existsSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import {
  convertsContents,
  FIXED_WORDS,
  fromSubcommand,
  gitEnvironment,
  LIST_SETTINGS,
  quietEnvironment,
  settingsOfRepository,
} from "./git-environment.ts";

/** Local work on a large repository stays far below; a hung network call ends here. */
const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;
/** Git removes its lock files on SIGTERM; it gets this long before SIGKILL. */
const KILL_GRACE_MS = 2_000;

interface GitCommand {
  /** The directory to run in; `not_found` when it is gone. */
  readonly cwd: string;
  readonly args: readonly string[];
  readonly stdin?: string | Uint8Array;
  /** On top of the clean environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Default 64 MiB. */
  readonly maxBytes?: number;
  /** What happens past `maxBytes`: `refuse` (the default) throws `limited`, `cut` keeps the head. */
  readonly overflow?: "refuse" | "cut";
  /** Lets content filters and merge drivers run that the repository's own configuration defines. Default: they do not, in any call. */
  readonly repositoryFilters?: boolean;
}

export interface GitResult {
  readonly exit: number;
  readonly stdout: Uint8Array;
  /** For people only: passwords in addresses masked, capped. */
  readonly stderr: string;
  readonly truncated: boolean;
}

export interface GitRunner {
  /**
   * Runs git to its end and answers whatever the exit code is. A git that a signal ended has answered nothing: what only reads is
   * asked again, the rest refuses with `unavailable`.
   */
  readonly run: (command: GitCommand) => Promise<GitResult>;
  /** Runs git and answers its standard output as text; a non-zero exit refuses with `unavailable`. */
  readonly text: (command: GitCommand) => Promise<string>;
  /** Standard output as it comes; leaving the loop early ends git. */
  readonly stream: (command: GitCommand) => AsyncGenerator<Uint8Array, void, undefined>;
}

/** @param env the environment of this program; only what git needs of it is passed on */
export function createRunner(env: Readonly<Record<string, string | undefined>>): GitRunner {
  const clean = gitEnvironment(env);
  const program = Bun.which("git", { PATH: clean.PATH ?? "" });
  const start = (command: GitCommand) => spawnGit(program, clean, command);
  const ask = (command: GitCommand) => askAgain(command.args, () => finish(start(command), command));
  const run = async (command: GitCommand) => ask(await quietly(command, ask));
  return {
    run,
    text: async (command) => {
      const result = await run(command);
      if (result.exit !== 0) throw gitFailed(command.args, result.stderr);
      return decode(result.stdout);
    },
    stream: async function* (command) {
      const quiet = await quietly(command, ask);
      yield* streamed(start(quiet), quiet);
    },
  };
}

/** Here, where every call passes, so that none can forget it: an agent can write the repository's configuration. */
async function quietly(
  command: GitCommand,
  ask: (command: GitCommand) => Promise<GitResult>,
): Promise<GitCommand> {
  if (command.repositoryFilters === true || !convertsContents(command.args)) return command;
  const { cwd, env = {} } = command;
  const { exit, stdout, stderr } = await ask({ cwd, env, args: LIST_SETTINGS });
  if (exit !== 0) throw gitFailed(LIST_SETTINGS, stderr);
  return { ...command, env: { ...env, ...quietEnvironment(settingsOfRepository(decode(stdout))) } };
}

const decoder = new TextDecoder();
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

/** An unexpected failure of git, in its own last words. */
export function gitFailed(args: readonly string[], stderr: string): SluiceError {
  const said = stderr.trim().split("\n").slice(-3).join("; ");
  return new SluiceError(
    "unavailable",
    `git ${args[0] ?? ""} failed: ${said === "" ? "it said nothing" : said}`,
    {
      hint: "Check the repository with git fsck, and try again.",
    },
  );
}

type GitProcess = Bun.Subprocess<"ignore" | Uint8Array, "pipe", "pipe">;

function spawnGit(
  program: string | null,
  clean: Readonly<Record<string, string>>,
  { cwd, args, stdin, env }: GitCommand,
): GitProcess {
  if (program === null)
    throw new SluiceError("unavailable", "The program git is not on the PATH, install git 2.39 or newer");
  if (!existsSync(cwd)) throw new SluiceError("not_found", `There is no directory ${JSON.stringify(cwd)}`);
  return Bun.spawn([program, ...FIXED_WORDS, ...args], {
    cwd,
    env: { ...clean, ...env },
    stdin:
      stdin === undefined ? "ignore" : typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin,
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
}

async function finish(child: GitProcess, command: GitCommand): Promise<GitResult> {
  const guard = limitTime(child, command.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const maxBytes = command.maxBytes ?? DEFAULT_MAX_BYTES;
  const [stdout, stderr] = await Promise.all([
    collect(child.stdout, maxBytes, () => endTree(child)),
    collect(child.stderr, MAX_STDERR_BYTES, () => {}),
  ]);
  const exit = await child.exited;
  guard.clear();
  if (guard.fired()) throw timedOut(command);
  if (stdout.truncated && command.overflow !== "cut") throw tooLarge(command, maxBytes);
  if (!stdout.truncated && child.signalCode !== null) throw killed(command.args, child.signalCode);
  return {
    exit,
    stdout: stdout.bytes,
    stderr: hideSecrets(decode(stderr.bytes)),
    truncated: stdout.truncated,
  };
}

async function* streamed(
  child: GitProcess,
  command: GitCommand,
): AsyncGenerator<Uint8Array, void, undefined> {
  const guard = limitTime(child, command.timeoutMs ?? 10 * DEFAULT_TIMEOUT_MS);
  const stderr = collect(child.stderr, MAX_STDERR_BYTES, () => {});
  let complete = false;
  try {
    for await (const chunk of child.stdout) yield chunk;
    complete = true;
  } finally {
    if (!complete) endTree(child);
    guard.clear();
  }
  const exit = await child.exited;
  if (guard.fired()) throw timedOut(command);
  if (child.signalCode !== null) throw killed(command.args, child.signalCode);
  if (exit !== 0) throw gitFailed(command.args, hideSecrets(decode((await stderr).bytes)));
}

function limitTime(child: GitProcess, timeoutMs: number): { clear: () => void; fired: () => boolean } {
  let fired = false;
  const timer = setTimeout(() => {
    fired = true;
    endTree(child);
  }, timeoutMs);
  return { clear: () => clearTimeout(timer), fired: () => fired };
}

/** Ends git and all it started: the child leads a process group of its own. */
function endTree(child: GitProcess): void {
  signalGroup(child.pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), KILL_GRACE_MS);
  void child.exited.then(() => {
    clearTimeout(timer);
    signalGroup(child.pid, "SIGKILL");
  });
}

function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

function timedOut({ args }: GitCommand): SluiceError {
  return new SluiceError("unavailable", `git ${args[0] ?? ""} did not end in time and was stopped`, {
    hint: "Try again; if it calls a remote, check that the remote answers without asking for a password.",
    details: { timedOut: true },
  });
}

function tooLarge({ args }: GitCommand, maxBytes: number): SluiceError {
  return new SluiceError("limited", `git ${args[0] ?? ""} answered more than ${maxBytes} bytes`, {
    hint: "Ask for less at a time.",
  });
}

interface Collected {
  readonly bytes: Uint8Array;
  readonly truncated: boolean;
}

/** Reads a stream to its end, keeps the first `maxBytes`; `onOverflow` is called once when more came. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  onOverflow: () => void,
): Promise<Collected> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let truncated = false;
  for await (const chunk of stream) {
    if (truncated) continue;
    const room = maxBytes - size;
    chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    size += Math.min(chunk.length, room);
    if (chunk.length <= room) continue;
    truncated = true;
    onOverflow();
  }
  return { bytes: Buffer.concat(chunks), truncated };
}

/** Masks the user part of addresses (`https://user:token@host` → `https://***@host`) and drops control characters. */
export function hideSecrets(text: string): string {
  return text.replace(/(:\/\/)[^@/\s]+@/g, "$1***@").replace(/[\p{Cc}--[\n\t]]/gv, "");
}

/** An address of the web without the name and the password in it. */
export const hideUser = (url: string): string => url.replace(/^(https?:\/\/)[^@/\s]+@/i, "$1");

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
  "index-pack",
  "merge-tree",
  "pack-objects",
  "unpack-objects",
  "write-tree",
]);

/** That a signal from elsewhere ended git: no answer, whatever its exit code and its output. */
function killed(args: readonly string[], signal: string | number): SluiceError {
  return new SluiceError("unavailable", `git ${subcommand(args)} was ended by ${signal}`, {
    hint: "Try again.",
    details: { killedBy: signal },
  });
}

/** Asks git once more, at once, where something killed a call that only reads. */
async function askAgain<T>(args: readonly string[], ask: () => Promise<T>): Promise<T> {
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
