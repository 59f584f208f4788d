import { mkdtempSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One host: a network namespace joined to the server's by a cable that can be pulled. */
export interface NetworkHost {
  readonly name: string;
  /** Words before a command that is to run on this host. */
  readonly on: readonly string[];
  readonly cut: () => void;
  readonly reconnect: () => void;
}

/** Hosts around one PostgreSQL, none of them reachable from this machine's own network. */
export interface HostNetwork {
  readonly hosts: readonly NetworkHost[];
  /** Address of the workspace as a host sees it. */
  readonly placeFor: (host: NetworkHost) => string;
  /** The same workspace from here, through the server's socket. */
  readonly place: string;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

const ip = (...words: string[]): void => {
  const run = Bun.spawnSync(["ip", ...words]);
  if (run.exitCode !== 0) throw new Error(`ip ${words.join(" ")}: ${run.stderr.toString()}`);
};

const within = (space: string): readonly string[] => ["ip", "netns", "exec", space];

/** Makes namespaces `PREFIX-db` and `PREFIX-NAME`, a cable from each host to the server, and starts PostgreSQL. Needs root. */
export async function hostNetwork(names: readonly string[]): Promise<HostNetwork> {
  const prefix = `sl${process.pid}`;
  const server = `${prefix}-db`;
  const spaces = [server, ...names.map((name) => `${prefix}-${name}`)];
  const home = mkdtempSync(join(tmpdir(), "sluice-hosts-"));
  const clear = () => {
    for (const space of spaces) Bun.spawnSync(["ip", "netns", "delete", space]);
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
      placeFor: (host) => `postgres://postgres@10.77.${hosts.indexOf(host) + 1}.1:5432/postgres?schema=hosts`,
      [Symbol.asyncDispose]: async () => {
        await postgres.stop();
        clear();
      },
    };
  } catch (error) {
    clear();
    throw error;
  }
}

function cable(server: string, space: string, name: string, number: number): NetworkHost {
  const [near, far] = [`h${number}`, `s${number}`];
  ip("-n", space, "link", "add", near, "type", "veth", "peer", "name", far, "netns", server);
  ip("-n", space, "address", "add", `10.77.${number}.2/24`, "dev", near);
  ip("-n", server, "address", "add", `10.77.${number}.1/24`, "dev", far);
  ip("-n", space, "link", "set", near, "up");
  ip("-n", server, "link", "set", far, "up");
  return {
    name,
    on: within(space),
    cut: () => ip("-n", server, "link", "set", far, "down"),
    reconnect: () => ip("-n", server, "link", "set", far, "up"),
  };
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
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const url = new TextDecoder().decode(value).trim();
  if (!url.startsWith("postgres://")) throw new Error("the server did not start");
  return {
    url,
    stop: async () => {
      await child.stdin.end();
      await child.exited;
    },
  };
}
