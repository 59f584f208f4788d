import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { SluiceError } from "#domain/errors.ts";
import type { Confinement, Isolation } from "#operations/ports/launcher.ts";
import { type BoxContents, boxArguments, boxFailure, findBubblewrap } from "./bubblewrap.ts";

/** What is started for a run. */
interface ProgramStart {
  readonly program: string;
  readonly args: readonly string[];
  /** Told of processes that outlive the program. */
  readonly leftFile: string;
}

/** How a run's processes are held together without a box. */
interface NamespaceTree {
  readonly kind: Isolation;
  readonly wrap: (start: ProgramStart) => readonly [string, ...string[]];
}

/** How a run's processes are held together. */
export interface ProcessTree {
  readonly kind: Isolation;
  /** @param start with what is let into its box, where it gets one */
  readonly wrap: (start: ProgramStart & { readonly box: BoxContents }) => readonly [string, ...string[]];
}

interface TreeOptions {
  readonly platform: NodeJS.Platform;
  readonly env: BoxContents["env"];
  /** No namespace, though this machine could have one. */
  readonly only?: "marks" | undefined;
}

/** A run is found by the marks in its environment alone; on macOS, and where no namespaces may be made. */
const MARKS: NamespaceTree = { kind: "marks", wrap: ({ program, args }) => [program, ...args] };

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

/** Answers the strongest that works here and is asked for; each is tried once, with a program that does nothing. */
export function openProcessTrees({
  platform,
  env,
  only,
}: TreeOptions): (asked: Pick<Confinement, "sandbox" | "network">) => ProcessTree {
  let namespace: NamespaceTree | undefined;
  const failures = new Map<boolean, string | undefined>();
  const bwrap = platform === "linux" && only === undefined ? findBubblewrap() : undefined;
  const failure = (network: boolean): string | undefined => {
    if (bwrap === undefined) return "the program bwrap is not installed";
    if (!failures.has(network)) failures.set(network, boxFailure(bwrap, env, network));
    return failures.get(network);
  };
  return ({ sandbox, network }) => {
    const why = sandbox === "none" ? "the project's sandbox is none" : failure(network);
    if (why === undefined && bwrap !== undefined) return boxTree(bwrap);
    if (sandbox === "bwrap") throw noBox("The project's sandbox is bwrap", why);
    if (!network) throw noBox("The project's checks have no network, which takes bubblewrap", why);
    return (namespace ??= only === undefined ? namespaceTree(platform) : MARKS);
  };
}

const noBox = (asked: string, why: string | undefined): SluiceError =>
  new SluiceError("unavailable", `${asked}, and bubblewrap does not work here: ${why ?? "unknown"}`, {
    hint: "Install the package bubblewrap, or change it with: sluice project edit PROJECT --sandbox auto --network on",
    details: { needed: "bubblewrap", has: why },
  });

const boxTree = (bwrap: string): ProcessTree => ({
  kind: "bubblewrap",
  wrap: ({ box, leftFile, ...start }) => [
    bwrap,
    ...boxArguments({ ...box, writable: [...box.writable, leftFile] }),
    ...firstProcess({ ...start, leftFile }),
  ],
});

/** The strongest that works here without bubblewrap. */
export function namespaceTree(platform: NodeJS.Platform): NamespaceTree {
  const unshare = ["/usr/bin/unshare", "/bin/unshare"].find((path) => existsSync(path));
  if (platform !== "linux" || unshare === undefined) return MARKS;
  const flags = NAMESPACES.find((words) => works(unshare, words));
  if (flags === undefined) return MARKS;
  return { kind: "pid namespace", wrap: (start) => [unshare, ...flags, ...firstProcess(start)] };
}

const firstProcess = ({ leftFile, program, args }: ProgramStart): readonly string[] =>
  ["--", SHELL, "-c", FIRST_PROCESS, "sluice-run", leftFile, program].concat(args);

function works(unshare: string, flags: readonly string[]): boolean {
  const probe = spawnSync(unshare, [...flags, "--", SHELL, "-c", "test $$ = 1 && test -d /proc/1"], {
    stdio: "ignore",
    timeout: PROBE_MS,
    env: {},
  });
  return probe.status === 0;
}

/** Of what a run may write into that file. */
const MOST_LEFT = 1_000;
const MOST_CHARS = 100_000;

/** `PID (NAME)` of each process that outlived its program; the file goes. */
export function takeLeft(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  const lines =
    statSync(file).size > MOST_CHARS ? [] : readFileSync(file, "utf8").split("\n").slice(0, MOST_LEFT);
  rmSync(file, { force: true });
  return lines.filter((line) => line !== "");
}
