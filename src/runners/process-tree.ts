import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import type { ProcessTreeKind } from "#operations/ports/launcher.ts";

/** How a run's processes are held together. */
export interface ProcessTree {
  readonly kind: ProcessTreeKind;
  /** What to start for this program; `leftFile` is told of processes that outlive it. */
  readonly wrap: (
    program: string,
    args: readonly string[],
    leftFile: string,
  ) => readonly [string, ...string[]];
}

/** A run is found by the marks in its environment alone; on macOS, and where no namespaces may be made. */
export const MARKS: ProcessTree = { kind: "marks", wrap: (program, args) => [program, ...args] };

/** As root no user namespace is needed, in which files of others could not be written. */
const NAMESPACES: readonly (readonly string[])[] = [
  ["--pid", "--fork", "--kill-child", "--mount-proc"],
  ["--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--mount-proc"],
];
const PROBE_MS = 5_000;
const SHELL = "/bin/sh";

/**
 * The first process of the namespace: starts the program and hands on its exit code. What outlives the program is written to the file, asked
 * to end, and waited for, at most two seconds; all of it ends with this process, whatever it did to its session or its environment.
 */
const FIRST_PROCESS = `exec 3>&2 2>/dev/null
file=$1
shift
"$@" 2>&3 3>&-
code=$?
exec 3>&-
left() {
  found=
  for one in /proc/[0-9]*; do
    [ "$one" = /proc/1 ] && continue
    read -r stat < "$one/stat" || continue
    case $stat in *') Z '* | *') X '*) continue ;; esac
    found="$found\${stat%%)*})
"
  done
}
left
[ -z "$found" ] && exit $code
printf %s "$found" > "$file"
kill -s TERM -- -1
waits=0
while left; [ -n "$found" ] && [ $waits -lt 40 ]; do
  waits=$((waits + 1))
  sleep 0.05
done
exit $code`;

/** The strongest that works here: each is tried once, with a program that does nothing. */
export function openProcessTree(platform: NodeJS.Platform): ProcessTree {
  const unshare = ["/usr/bin/unshare", "/bin/unshare"].find((path) => existsSync(path));
  if (platform !== "linux" || unshare === undefined) return MARKS;
  const flags = NAMESPACES.find((words) => works(unshare, words));
  if (flags === undefined) return MARKS;
  return {
    kind: "pid namespace",
    wrap: (program, args, leftFile) => [
      unshare,
      ...flags,
      "--",
      SHELL,
      "-c",
      FIRST_PROCESS,
      "sluice-run",
      leftFile,
      program,
      ...args,
    ],
  };
}

function works(unshare: string, flags: readonly string[]): boolean {
  const probe = spawnSync(unshare, [...flags, "--", SHELL, "-c", "test $$ = 1 && test -d /proc/1"], {
    stdio: "ignore",
    timeout: PROBE_MS,
    env: {},
  });
  return probe.status === 0;
}

/** `PID (NAME)` of each process that outlived its program; the file goes. */
export function takeLeft(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  rmSync(file, { force: true });
  return lines.filter((line) => line !== "");
}
