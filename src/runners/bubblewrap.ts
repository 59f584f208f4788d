import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { type Confinement, RUN_SOCKET } from "#operations/ports/launcher.ts";
import { OWN_PLACES, PRIVATE_PLACES, TOOL_CACHES } from "./private-places.ts";

/** What is put into a box beside what the request of its launch says. */
export interface BoxContents {
  readonly confinement: Omit<Confinement, "sandbox" | "agent">;
  readonly cwd: string;
  readonly tempDir: string;
  /** Absolute path of the program. */
  readonly program: string;
  /** Single files that it may read. */
  readonly readable: readonly string[];
  /** Single files that it may write; made where missing. */
  readonly writable: readonly string[];
  /** Kinds of agent programs whose own folders are in it. */
  readonly agents: readonly AgentKind[];
  /** Of the program in the box. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

type AgentKind = keyof typeof OWN_PLACES;

const NAMESPACES = [
  "--unshare-user",
  "--unshare-pid",
  "--unshare-ipc",
  "--unshare-uts",
  "--unshare-cgroup-try",
  "--die-with-parent",
  "--new-session",
  "--as-pid-1",
  // As root the box could be opened from inside without it.
  "--cap-drop",
  "ALL",
];

const WHOLE_MACHINE = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"];

/** A root without capabilities could make no namespace of its own: an agent's own sandbox would run no command, and say nothing. */
const AS_NOBODY_SPECIAL = ["--uid", "1000", "--gid", "1000"];

/** Folders of everybody's that are empty and the run's own: sockets of other programs lie in them. */
const EMPTIED = ["/tmp", "/var/tmp", "/run"] as const;

/** Of `/run`: names of servers, and what NixOS has its programs in. */
const SEEN_AGAIN = [
  "/run/systemd/resolve",
  "/run/resolvconf",
  "/run/NetworkManager/resolv.conf",
  "/run/current-system",
  "/run/wrappers",
];

const PROBE_MS = 5_000;
const BOX = "bwrap";

/** Where bubblewrap is; undefined where it is not. */
export const findBubblewrap = (): string | undefined =>
  ["/usr/bin", "/bin", "/usr/local/bin", "/run/current-system/sw/bin"]
    .map((dir) => join(dir, BOX))
    .find((path) => existsSync(path));

/**
 * Why a box cannot be made here; undefined where it can: the real command line is tried with a shell that looks at its number and
 * makes a namespace of its own, as agents' own sandboxes do.
 */
export function boxFailure(bwrap: string, env: BoxContents["env"], network: boolean): string | undefined {
  const nothing = { network, writable: [], visible: [], hidden: [] };
  const contents = { confinement: nothing, env, cwd: "/", tempDir: "/", program: "/bin/sh" };
  const args = boxArguments({ ...contents, readable: [], writable: [], agents: [] });
  const look = "test $$ = 1 && test -d /proc/1 && { ! command -v unshare >/dev/null || unshare -Ur true; }";
  const probe = spawnSync(bwrap, [...args, "--", "/bin/sh", "-c", look], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: PROBE_MS,
    env: { PATH: "/usr/bin:/bin" },
    encoding: "utf8",
  });
  if (probe.status === 0) return undefined;
  return probe.stderr?.trim() || `it ended with ${probe.status ?? probe.signal ?? "nothing"}`;
}

/** Everything is there to be read but what is private; only the run's own can be written. A later mount covers an earlier one. */
export function boxArguments(contents: BoxContents): readonly string[] {
  const { confinement, env, cwd, tempDir, program } = contents;
  const homeDir = realFolder(env["HOME"] ?? "/");
  const own = homeDir === undefined ? [] : ownPlaces(homeDir, contents);
  const emptied = EMPTIED.filter((dir) => lstatSync(dir, { throwIfNoEntry: false })?.isDirectory());
  const isEmptied = (path: string): boolean => emptied.some((dir) => isBelow(path, dir));
  const visible = [...confinement.visible, ...places(program)].filter(isEmptied);
  const shown = homeDir === undefined ? visible : [...visible, homeDir];
  const named = [...privatePlaces(homeDir ?? "/"), ...confinement.hidden];
  // What a link leads to is hidden where it lies, too.
  const hidden = new Set(named.flatMap((path) => real(path) ?? []));
  const writable = [...confinement.writable, tempDir, cwd];
  return [
    ...NAMESPACES,
    ...(process.getuid?.() === 0 ? AS_NOBODY_SPECIAL : []),
    ...(confinement.network ? [] : ["--unshare-net"]),
    ...WHOLE_MACHINE,
    ...emptied.flatMap((dir) => ["--tmpfs", dir]),
    ...SEEN_AGAIN.filter((path) => existsSync(path)).flatMap((path) => ["--ro-bind", path, path]),
    ...visible.flatMap((path) => bind("--ro-bind", path)),
    ...(homeDir === undefined ? [] : homeMounts(homeDir, new Set([...named, ...hidden]), confinement.caches)),
    ...[...hidden]
      .filter((path) => dirname(path) !== homeDir)
      .filter((path) => !isEmptied(path) || shown.some((seen) => isBelow(path, seen)))
      .flatMap(mask),
    ...own,
    ...writable.filter((dir) => dir !== "/").flatMap((dir) => bind("--bind", dir)),
    ...contents.readable.flatMap((file) => bind("--ro-bind", file)),
    ...contents.writable.flatMap((file) => bind("--bind", made(file))),
    ...(confinement.socket === undefined ? [] : ["--bind", confinement.socket, RUN_SOCKET]),
    "--chdir",
    cwd,
  ];
}

/** The folder of a program, and of what its name is a link to; the program alone where that folder is everybody's. */
function places(program: string): readonly string[] {
  const files = [program, real(program) ?? program];
  return files.map((file) => (EMPTIED.some((dir) => dir === dirname(file)) ? file : dirname(file)));
}

/** Each entry by itself: what is private is not there, and what is new goes with the box. */
function homeMounts(
  home: string,
  hidden: ReadonlySet<string>,
  caches: string | undefined,
): readonly string[] {
  const entries = readdirSync(home, { withFileTypes: true }).filter(
    ({ name }) => !hidden.has(join(home, name)),
  );
  const mounts = entries.flatMap((entry) => {
    const path = join(home, entry.name);
    if (entry.isSymbolicLink()) return linkAt(path);
    return entry.isDirectory() || entry.isFile() ? ["--ro-bind-try", path, path] : [];
  });
  return ["--tmpfs", home, ...mounts, ...(caches === undefined ? [] : cacheMounts(home, caches))];
}

/** Tools' caches: the project's own, since what a run puts there other programs of the account would use. */
function cacheMounts(home: string, caches: string): readonly string[] {
  return TOOL_CACHES.flatMap((name) => {
    const path = join(home, name);
    const [top = name] = name.split("/");
    const at = real(path);
    // Below a folder that is read-only, or where a link leads nowhere, nothing new can be made to mount on.
    if (at === undefined && lstatSync(join(home, top), { throwIfNoEntry: false })) return [];
    const own = join(caches, name);
    mkdirSync(own, { recursive: true });
    return ["--bind", own, at ?? path];
  });
}

const privatePlaces = (home: string): readonly string[] =>
  PRIVATE_PLACES.flatMap(({ paths, holds }) =>
    paths.map((path) => resolve(home, path)).filter((path) => holds === undefined || hasText(path, holds)),
  );

function hasText(file: string, pattern: RegExp): boolean {
  try {
    return pattern.test(readFileSync(file, "utf8"));
  } catch {
    return false;
  }
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

const linkAt = (path: string): readonly string[] =>
  isLink(path) ? ["--symlink", readlinkSync(path), path] : [];

/**
 * The folder to be written, but for what is kept. A link among that may be an earlier run's, and cannot be kept in place: each entry is
 * then there by itself, links as they are, and what is new goes with the box.
 */
function ownFolder(dir: string, kept: readonly string[]): readonly string[] {
  const at = real(dir);
  if (at === undefined) return [];
  const how = (name: string) => (kept.includes(name) ? "--ro-bind" : "--bind");
  if (!kept.some((name) => isLink(join(at, name))))
    return ["--bind", at, at, ...kept.flatMap((name) => bind("--ro-bind", join(at, name)))];
  const entries = readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    if (entry.isSymbolicLink()) return linkAt(path);
    return entry.isDirectory() || entry.isFile() ? [how(entry.name), path, path] : [];
  });
  return ["--tmpfs", at, ...entries];
}

/** What programs of these kinds have for themselves. A sole kind's folders are made, so that its session can go on in another run. */
function ownPlaces(home: string, { agents, env }: BoxContents): readonly string[] {
  return agents
    .flatMap((kind) => OWN_PLACES[kind])
    .filter(({ when }) => when === undefined || (env[when] ?? "") !== "")
    .flatMap(({ home: below, variable, kept }) => {
      const dir = (variable === undefined ? undefined : env[variable]) ?? join(home, below);
      const link = dirname(dir) === home ? linkAt(dir) : [];
      if (kept === "all") return [...link, ...bind("--ro-bind", dir)];
      if (agents.length === 1) mkdirSync(dir, { recursive: true, mode: 0o700 });
      return [...link, ...ownFolder(dir, kept)];
    });
}

const mask = (path: string): readonly string[] =>
  lstatSync(path).isDirectory() ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path];

function bind(how: "--bind" | "--ro-bind", path: string): readonly string[] {
  const at = real(path);
  return at === undefined ? [] : [how, at, at];
}

function made(file: string): string {
  if (!existsSync(file)) writeFileSync(file, "", { mode: 0o600 });
  return file;
}

const isBelow = (path: string, dir: string): boolean => path.startsWith(dir + sep);

/** Undefined where nothing is. */
function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** A folder for itself; undefined where it is none, or everybody's. */
function realFolder(path: string): string | undefined {
  const at = real(path);
  if (at === undefined || at === "/" || EMPTIED.some((dir) => dir === at)) return undefined;
  return lstatSync(at).isDirectory() ? at : undefined;
}
