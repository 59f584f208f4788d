import { readdirSync, readFileSync } from "node:fs";

/** Whether a process has this word among its arguments; one in a sandbox has another number inside than outside. */
export function isRunning(word: string): boolean {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => argumentsOf(pid).includes(word));
}

function argumentsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}
