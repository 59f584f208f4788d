import { execFile } from "node:child_process";
import { accessSync, closeSync, constants, existsSync, openSync, readSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import type { RunnerDetection } from "#operations/ports/launcher.ts";
import type { RunnerAdapter } from "./adapter.ts";

/** The agent CLIs measured answer in under a second; a cold disk needs some. */
const VERSION_TIMEOUT_MS = 15_000;

interface DetectHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** See `LauncherOptions.folder`. */
  readonly folder: string;
}

/** Looks the program up as a launch would, and asks it for its version. A program that does not answer is still there. */
export async function detectRunner(adapter: RunnerAdapter, host: DetectHost): Promise<RunnerDetection> {
  const path = findProgram(adapter.program, host.env["PATH"] ?? "", host.folder);
  if (path === undefined) {
    return { present: false, reason: `${adapter.program} is not on PATH or not executable` };
  }
  const version =
    adapter.versionArgs === undefined ? undefined : await askVersion(path, adapter.versionArgs, host.env);
  return { present: true, path, version };
}

function askVersion(
  program: string,
  args: readonly string[],
  hostEnv: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const env = { PATH: hostEnv["PATH"] ?? "", HOME: hostEnv["HOME"] ?? tmpdir(), TERM: "dumb" };
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  execFile(
    program,
    [...args],
    { env, cwd: tmpdir(), timeout: VERSION_TIMEOUT_MS, maxBuffer: 65_536 },
    (error, stdout) => resolve(error === null ? /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0] : undefined),
  );
  return promise;
}

/**
 * The file that a program name stands for: as given where it holds a slash (relative to `folder`), else the first
 * executable of that name on `path`. Relative entries of `path` are passed over, since the working folder holds
 * text that is not ours. Undefined where there is none.
 */
export function findProgram(name: string, path: string, folder: string): string | undefined {
  if (name.includes("/")) return executable(resolve(folder, name));
  for (const entry of path.split(delimiter)) {
    const found = isAbsolute(entry) ? executable(join(entry, name)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Absolute path of the program that a script names in its first line; undefined for all else. */
function interpreter(file: string): string | undefined {
  const descriptor = openSync(file, "r");
  try {
    const head = Buffer.alloc(256);
    readSync(descriptor, head);
    return /^#![ \t]*(\/[^\s\0]*)/.exec(head.toString("utf8"))?.[1];
  } finally {
    closeSync(descriptor);
  }
}

function executable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() && existsSync(interpreter(file) ?? file) ? file : undefined;
  } catch {
    return undefined;
  }
}
