import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { addressOf, end, initialise, NOBODY, prepareSite, type Site, startServer } from "./postgres.ts";

/** A server of its own that a test may stop, kill and copy. */
export interface FaultyPostgres {
  readonly url: string;
  /** Where the server listens. */
  readonly socketPath: string;
  /** Ends it at once, as a crash does; `start` recovers it. */
  readonly crash: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Ends it as its operator does: connections are cut off, nothing needs recovery. */
  readonly shutDown: () => Promise<void>;
  /** A cold copy of its data that runs as a read-only standby. The server is stopped for it, and started again. */
  readonly standby: () => Promise<FaultyPostgres>;
  /** Runs one statement as a superuser. */
  readonly sql: (text: string) => Promise<readonly unknown[]>;
  readonly stop: () => Promise<void>;
}

/** What a standby needs, and locks that are found to be in a circle soon. */
const SETTINGS = [
  "fsync=off",
  "wal_level=replica",
  "max_wal_senders=2",
  "autovacuum=off",
  "max_connections=100",
  "deadlock_timeout=100ms",
];

export async function startFaultyPostgres(): Promise<FaultyPostgres> {
  const site = prepareSite(mkdtempSync(join(tmpdir(), "sluice-pg-")));
  initialise(site);
  return serverAt(site);
}

async function serverAt(site: Site): Promise<FaultyPostgres> {
  let server = await startServer(site, SETTINGS);
  const copies: FaultyPostgres[] = [];
  const start = async () => {
    server = await startServer(site, SETTINGS);
  };
  return {
    url: addressOf(site),
    socketPath: join(site.socketDir, ".s.PGSQL.5432"),
    crash: async () => {
      server.kill("SIGQUIT"); // the immediate shutdown: nothing is written, the next start recovers
      await server.exited;
    },
    start,
    shutDown: () => end(server),
    standby: async () => {
      await end(server);
      const copy = await serverAt(copySite(site));
      copies.push(copy);
      await start();
      return copy;
    },
    sql: async (text) => {
      const client = new pg.Client({ connectionString: addressOf(site) });
      await client.connect();
      try {
        const { rows } = await client.query<Record<string, unknown>>(text);
        return rows;
      } finally {
        await client.end();
      }
    },
    stop: async () => {
      for (const copy of copies) await copy.stop();
      await end(server);
      rmSync(site.dir, { recursive: true, force: true });
    },
  };
}

function copySite(site: Site): Site {
  const made = prepareSite(mkdtempSync(join(tmpdir(), "sluice-pg-")));
  cpSync(site.data, made.data, { recursive: true });
  writeFileSync(join(made.data, "standby.signal"), "");
  mkdirSync(made.socketDir, { recursive: true });
  if (process.getuid?.() === 0) Bun.spawnSync(["chown", "-R", `${NOBODY}:${NOBODY}`, made.data]);
  return made;
}
