import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Processes end a moment after their parents; one that is still there after this long was forgotten. */
const GRACE_MS = 2_000;
const POLL_MS = 50;

/**
 * Ends the processes that still carry this text in the environment they were started with, and names their programs.
 * Finds nothing where there is no `/proc`.
 */
export async function endLeftBehind(mark: string): Promise<readonly string[]> {
  await waitUntilGone(mark);
  const programs = findMarked(mark).map((pid) => {
    const program = readProgram(pid);
    killIfAlive(pid);
    return program;
  });
  await waitUntilGone(mark);
  return programs;
}

/** Looks twice: a process that is just being started has no environment to read for a moment. */
async function waitUntilGone(mark: string): Promise<void> {
  const deadline = performance.now() + GRACE_MS;
  for (let cleanLooks = 0; cleanLooks < 2 && performance.now() < deadline;) {
    cleanLooks = findMarked(mark).length === 0 ? cleanLooks + 1 : 0;
    await Bun.sleep(POLL_MS);
  }
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended between the look and the kill.
  }
}

function findMarked(mark: string): readonly number[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && readEnvironment(pid).includes(mark));
}

function readEnvironment(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    // Ended meanwhile, or somebody else's.
    return "";
  }
}

function readProgram(pid: number): string {
  try {
    return `${readlinkSync(`/proc/${pid}/exe`)} (${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()})`;
  } catch {
    return `process ${pid}`;
  }
}
