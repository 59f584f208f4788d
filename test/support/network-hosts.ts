import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One host: a network namespace joined to the server's by a cable that can be pulled. */
export interface NetworkHost {
  readonly name: string;
  /** Words before a command that is to run on this host. */
  readonly on: readonly string[];
  /** Pulls the cable: nothing gets through in either direction, and no connection is closed. */
  readonly cut: () => void;
  /** Plugs the cable in, and resolves once the server answers over it. */
  readonly reconnect: () => Promise<void>;
}

/** Hosts around one PostgreSQL, none of them reachable from this machine's own network. */
export interface HostNetwork {
  readonly hosts: readonly NetworkHost[];
  /** Address of the workspace as a host sees it. */
  readonly placeFor: (host: NetworkHost) => string;
  /** The same workspace from here, through the server's socket. */
  readonly place: string;
  /** Ends whatever runs on the hosts and removes them. */
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const PREFIX = "sluice-test";
const PORT = 5432;
/** The kernel takes up to a second to see a cable, and asks three times a second apart who has an address. */
const CONNECT_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;

const within = (space: string): readonly string[] => ["ip", "netns", "exec", space];

function ip(...words: string[]): string {
  const run = Bun.spawnSync(["ip", ...words]);
  if (run.exitCode !== 0) throw new Error(`ip ${words.join(" ")}: ${run.stderr.toString()}`);
  return run.stdout.toString();
}

/** Whether this user may make network namespaces; a missing `ip` is no reason why not. */
export function mayMakeHosts(): boolean {
  if (process.getuid?.() !== 0) return false;
  return Bun.spawnSync(["unshare", "--net", "--mount", "true"]).exitCode === 0;
}

/** Makes a namespace for the server and one for each name, a cable between, and starts PostgreSQL. */
export async function hostNetwork(names: readonly string[]): Promise<HostNetwork> {
  removeStale();
  const prefix = `${PREFIX}-${process.pid}`;
  const server = `${prefix}-db`;
  const spaces = [server, ...names.map((name) => `${prefix}-${name}`)];
  const home = mkdtempSync(join(tmpdir(), "sluice-hosts-"));
  const clear = () => {
    for (const space of spaces.toReversed()) removeSpace(space);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    for (const space of spaces) {
      ip("netns", "add", space);
      ip("-n", space, "link", "set", "lo", "up");
    }
    const hosts = names.map((name, at) => cable(server, `${prefix}-${name}`, name, at + 1));
    const postgres = await startIn(server, accessFile(home));
    return {
      hosts,
      place: `${postgres.url}&schema=hosts`,
      placeFor: (host) =>
        `postgres://postgres@${addressFor(hosts.indexOf(host) + 1)}:${PORT}/postgres?schema=hosts`,
      [Symbol.asyncDispose]: async () => {
        for (const space of spaces.slice(1)) endAllIn(space);
        await postgres.stop();
        clear();
      },
    };
  } catch (error) {
    clear();
    throw error;
  }
}

/** What a test run that was killed left behind: namespaces are no process's children and go with nobody. */
function removeStale(): void {
  for (const line of ip("netns", "list").split("\n")) {
    const [space = ""] = line.split(" ");
    const [, owner] = new RegExp(`^${PREFIX}-(\\d+)-`).exec(space) ?? [];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeSpace(space);
  }
}

function removeSpace(space: string): void {
  endAllIn(space);
  Bun.spawnSync(["ip", "netns", "delete", space]);
}

function endAllIn(space: string): void {
  const listed = Bun.spawnSync(["ip", "netns", "pids", space]).stdout.toString();
  for (const pid of listed.split("\n").filter((line) => line !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended between the look and the kill.
    }
  }
}

const addressFor = (number: number): string => `10.77.${number}.1`;

function cable(server: string, space: string, name: string, number: number): NetworkHost {
  const [near, far] = [`h${number}`, `s${number}`];
  ip("-n", space, "link", "add", near, "type", "veth", "peer", "name", far, "netns", server);
  ip("-n", space, "address", "add", `10.77.${number}.2/24`, "dev", near);
  ip("-n", server, "address", "add", `${addressFor(number)}/24`, "dev", far);
  ip("-n", space, "link", "set", near, "up");
  ip("-n", server, "link", "set", far, "up");
  return {
    name,
    on: within(space),
    cut: () => {
      ip("-n", server, "link", "set", far, "down");
    },
    reconnect: async () => {
      ip("-n", server, "link", "set", far, "up");
      await untilReached(space, addressFor(number));
    },
  };
}

/** A cable that was just plugged in carries nothing for a while, and what tries meanwhile is told there is no such host. */
async function untilReached(space: string, address: string): Promise<void> {
  const deadline = performance.now() + CONNECT_TIMEOUT_MS;
  const knock = [...within(space), "timeout", "2", "bash", "-c", `exec 3<>/dev/tcp/${address}/${PORT}`];
  for (;;) {
    const tried = Bun.spawnSync(knock);
    if (tried.exitCode === 0) return;
    if (performance.now() > deadline)
      throw new Error(`${space} does not reach the server: ${tried.stderr.toString()}`);
    await Bun.sleep(100);
  }
}

/** Who may connect: this machine by socket, the hosts by address. Readable by the user the server runs as. */
function accessFile(home: string): string {
  chmodSync(home, 0o755);
  const file = join(home, "access.conf");
  writeFileSync(file, "local all all trust\nhost all all 10.77.0.0/16 trust\n", { mode: 0o644 });
  return file;
}

async function startIn(space: string, access: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const program = join(import.meta.dir, "postgres-program.ts");
  const settings = ["listen_addresses=*", `hba_file=${access}`, "fsync=off", "max_connections=100"];
  const child = Bun.spawn([...within(space), process.execPath, program, ...settings], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const { value } = await child.stdout.getReader().read();
  const url = new TextDecoder().decode(value).trim();
  if (!url.startsWith("postgres://")) throw new Error("the server did not start");
  return {
    url,
    stop: async () => {
      await child.stdin.end();
      const late = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await child.exited;
      clearTimeout(late);
    },
  };
}
