import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Launcher, LaunchRequest, RunHandle, RunnerSpec } from "#operations/ports/launcher.ts";
import { createLauncher } from "#runners/create-launcher.ts";

/** A temp folder with everything a launch needs, ended and removed by `close`. */
export interface LaunchBench {
  readonly dir: string;
  readonly cwd: string;
  readonly logFile: string;
  readonly token: string;
  readonly launcher: Launcher;
  /** Writes an executable file and gives its path. */
  script(name: string, text: string): string;
  request(runner: RunnerSpec, options?: Partial<LaunchRequest>): LaunchRequest;
  start(runner: RunnerSpec, options?: Partial<LaunchRequest>): Promise<RunHandle>;
  /** Starts `sh -c text`. */
  shell(text: string, options?: Partial<LaunchRequest>): Promise<RunHandle>;
  log(): string;
  close(): Promise<void>;
}

export interface BenchOptions {
  readonly hostEnv?: Readonly<Record<string, string>>;
  readonly lingerMs?: number;
  readonly processTree?: "marks";
}

export function openLaunchBench(options: BenchOptions = {}): LaunchBench {
  const dir = mkdtempSync(join(tmpdir(), "sluice-runners-"));
  const token = crypto.randomUUID();
  const hostEnv = options.hostEnv ?? { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: dir };
  const launcher = createLauncher({
    hostEnv,
    platform: process.platform,
    folder: dir,
    lingerMs: options.lingerMs,
    processTree: options.processTree,
  });
  const request = (runner: RunnerSpec, more: Partial<LaunchRequest> = {}): LaunchRequest => ({
    runner,
    cwd: dir,
    brief: "Do OB-1.\n",
    briefFile: join(dir, "run", "brief.md"),
    tempDir: join(dir, "run", "tmp"),
    env: {},
    marker: { run: "R-1", token },
    timeoutMs: 30_000,
    stallMs: 30_000,
    graceMs: 2_000,
    maxLogBytes: 65_536,
    logFile: join(dir, "run.log"),
    ...more,
  });
  const start: LaunchBench["start"] = (runner, more) => launcher.start(request(runner, more));
  return {
    dir,
    cwd: dir,
    logFile: join(dir, "run.log"),
    token,
    launcher,
    script(name, text) {
      const file = join(dir, name);
      writeFileSync(file, text);
      chmodSync(file, 0o755);
      return file;
    },
    request,
    start,
    shell: (text, more) => start({ kind: "command", argv: ["sh", "-c", text] }, more),
    log: () => readFileSync(join(dir, "run.log"), "utf8"),
    async close() {
      await launcher.endRunProcesses({ token, graceMs: 0 });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Waits until `check` gives a value; fails after `limitMs`, by default 10 s. */
export async function until<T>(
  what: string,
  check: () => T | undefined | false,
  limitMs = 10_000,
): Promise<T> {
  const limit = performance.now() + limitMs;
  for (;;) {
    const value = check();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > limit) throw new Error(`Waited ${limitMs} ms in vain: ${what}`);
    await Bun.sleep(5);
  }
}

/** The number that a script wrote into `file` with `echo`, once it stands there whole. */
export function pidIn(file: string): Promise<number> {
  return until(`a process id in ${file}`, () => {
    try {
      const text = readFileSync(file, "utf8");
      return text.endsWith("\n") && Number(text) > 0 ? Number(text) : undefined;
    } catch {
      return undefined;
    }
  });
}

/** Whether bubblewrap works here, with the network and without. */
export function hasBox(): boolean {
  const launcher = createLauncher({ hostEnv: process.env, platform: process.platform });
  try {
    return [true, false].every(
      (network) => launcher.isolation({ sandbox: "bwrap", network }) === "bubblewrap",
    );
  } catch {
    return false;
  }
}
