import { readdirSync, readFileSync } from "node:fs";

/** One living process as the platform lists it. Zombies are left out: they hold nothing and cannot be signalled. */
export interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** See `ProcessIdentity.startTime`. */
  readonly startTime: number;
}

/** What the platform tells about processes. */
export interface ProcessTable {
  readonly bootId: string;
  list(): readonly ProcessRow[];
  row(pid: number): ProcessRow | undefined;
  /** Whether the process was started with this `NAME=value` in its environment. False where the platform does not show it. */
  hasVariable(pid: number, variable: string): boolean;
  /** The environment with which the process was started; empty where the platform does not show it. */
  environment(pid: number): Readonly<Record<string, string | undefined>>;
  /** Its command line, program first; empty where the platform does not show it. */
  words(pid: number): readonly string[];
}

export function openProcessTable(platform: NodeJS.Platform): ProcessTable {
  return platform === "linux" ? linuxTable() : psTable();
}

function linuxTable(): ProcessTable {
  return {
    bootId: readIfThere("/proc/sys/kernel/random/boot_id").trim() || "unknown",
    list: () =>
      readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? toList(linuxRow(Number(name))) : [])),
    row: linuxRow,
    hasVariable: (pid, variable) => `\0${readIfThere(`/proc/${pid}/environ`)}\0`.includes(`\0${variable}\0`),
    environment: (pid) => environmentIn(readIfThere(`/proc/${pid}/environ`)),
    words: (pid) => readIfThere(`/proc/${pid}/cmdline`).split("\0"),
  };
}

/** `NAME=value`, each ended by NUL. Of a name that is there twice the first counts, as for the process itself. */
function environmentIn(text: string): Readonly<Record<string, string>> {
  const pairs = text.split("\0").filter((pair) => pair.includes("="));
  return Object.fromEntries(
    pairs.toReversed().map((pair) => {
      const end = pair.indexOf("=");
      return [pair.slice(0, end), pair.slice(end + 1)];
    }),
  );
}

function linuxRow(pid: number): ProcessRow | undefined {
  // Fields of proc_pid_stat(5) after the command name, which may itself hold blanks and parentheses.
  const stat = readIfThere(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields.length < 20 || fields[0] === "Z" || fields[0] === "X") return undefined;
  return {
    pid,
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    startTime: Number(fields[19]),
  };
}

/** Processes end while they are being looked at, and those of other users are closed to us: both read as nothing. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function psTable(): ProcessTable {
  const list = (): readonly ProcessRow[] =>
    ps(["-axo", "pid=,ppid=,pgid=,sess=,stat=,lstart="]).flatMap(psRow);
  return {
    bootId: psBootId(),
    list,
    row: (pid) => ps(["-o", "pid=,ppid=,pgid=,sess=,stat=,lstart=", "-p", String(pid)]).flatMap(psRow)[0],
    hasVariable: () => false,
    environment: () => ({}),
    words: () => [],
  };
}

function psRow(line: string): readonly ProcessRow[] {
  const [pid, parentPid, groupId, sessionId, state, ...start] = line.trim().split(/\s+/);
  if (state === undefined || state.startsWith("Z")) return [];
  const ids = { pid: Number(pid), parentPid: Number(parentPid), groupId: Number(groupId) };
  // macOS prints a session as a kernel address, or 0: no number to compare, so the group stands for it.
  const session = Number(sessionId);
  return [
    {
      ...ids,
      sessionId: session > 0 ? session : ids.groupId,
      startTime: Date.parse(`${start.join(" ")} UTC`) / 1000,
    },
  ];
}

function ps(args: readonly string[]): readonly string[] {
  return printed(["/bin/ps", ...args])
    .split("\n")
    .filter((line) => line.trim() !== "");
}

const psBootId = (): string => printed(["/usr/sbin/sysctl", "-n", "kern.boottime"]).trim() || "unknown";

/** What a program of the system prints; nothing where it fails, as `ps -p` does where there is no such process. */
function printed(line: readonly string[]): string {
  try {
    const env = { PATH: "/bin:/usr/bin", LC_ALL: "C", TZ: "UTC" };
    const { success, stdout } = Bun.spawnSync([...line], { env, stderr: "ignore" });
    return success ? stdout.toString() : "";
  } catch {
    return "";
  }
}

function toList<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
