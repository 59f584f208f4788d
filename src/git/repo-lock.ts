import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";

/** A worktree of a large repository takes some seconds to check out; several may queue. */
const WAIT_MS = 60_000;
const POLL_MS = 25;

const Holder = z.lazy(() => z.object({ pid: z.int(), start: z.string(), nonce: z.string() }));

interface RepoLockOptions {
  /** A directory of ours on this host, outside every repository. */
  readonly stateDir: string;
  /** Monotonic milliseconds. */
  readonly clockMs: () => number;
  readonly nonce: () => string;
}

export type WithRepoLock = <T>(repo: string, work: () => Promise<T>) => Promise<T>;

/**
 * Runs `work` while no other process of this host, and no other call in this one, holds the repository's lock file. A lock
 * whose process is gone (by pid and start time) is taken over. Refuses with `unavailable` after a minute.
 */
export function repoLocks(options: RepoLockOptions): WithRepoLock {
  return async (repo, work) => {
    mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
    const path = join(options.stateDir, `${Bun.SHA256.hash(repo, "hex").slice(0, 32)}.lock`);
    const mine = JSON.stringify({
      pid: process.pid,
      start: processStart(process.pid) ?? "",
      nonce: options.nonce(),
    });
    await acquire(path, mine, options.clockMs);
    try {
      return await work();
    } finally {
      if (contentOf(path) === mine) rmSync(path, { force: true });
    }
  };
}

async function acquire(path: string, mine: string, clockMs: () => number): Promise<void> {
  const deadline = clockMs() + WAIT_MS;
  while (!create(path, mine)) {
    const held = contentOf(path);
    if (held !== undefined && isStale(held)) takeAway(path, held);
    else if (clockMs() > deadline) throw busy(held);
    else await pause(POLL_MS);
  }
}

/** The file appears with its content in one step, so that no reader sees a half-written holder. */
function create(path: string, mine: string): boolean {
  const draft = `${path}.${Bun.SHA256.hash(mine, "hex").slice(0, 16)}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function isStale(held: string): boolean {
  const holder = Holder.safeParse(parseJson(held));
  return !holder.success || processStart(holder.data.pid) !== holder.data.start;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only one process can rename the file; one that caught a newer lock instead puts it back. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (contentOf(aside) !== stale) linkSync(aside, path);
  } catch {
    // Another process was faster; the next turn of the loop sees what is there now.
  } finally {
    rmSync(aside, { force: true });
  }
}

function busy(held: string | undefined): SluiceError {
  const holder = Holder.safeParse(parseJson(held ?? ""));
  const who = holder.success ? `process ${holder.data.pid}` : "another process";
  return new SluiceError("unavailable", `The repository is locked by ${who} for more than a minute`, {
    hint: "Try again once that work has ended.",
  });
}

/** When a process began, in a form that only compares equal for the same process; undefined when it is gone. */
function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22, counted behind the program's name, which may itself hold spaces and brackets.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return signalReaches(pid) ? "alive" : undefined;
  }
}

/** Where there is no /proc, a process that answers signal 0 counts as the same one: a lock then outlives a recycled pid. */
function signalReaches(pid: number): boolean {
  if (process.platform === "linux") return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
