import { readFileSync } from "node:fs";

/** When a process began, in a form that only compares equal for the same process; undefined when it is gone. */
export function processStart(pid: number): string | undefined {
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
