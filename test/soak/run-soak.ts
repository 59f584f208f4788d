import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "#operations/ports/store.ts";
import { openStore } from "#store/open-store.ts";
import { startFaultyPostgres, type FaultyPostgres } from "#test/faulty-postgres.ts";
import { seeded } from "#test/seeded.ts";
import { human, type StoreKind } from "#test/stores.ts";
import { audit, type Audit } from "./audit.ts";
import { readLedger, type LedgerLine } from "./ledger.ts";

const PROGRAM = join(import.meta.dir, "soak-program.ts");
const PROJECTS = 5;
/** Everybody's clock is put forward by this after each disturbance, so that leases of 30 s run out within seconds. */
const CLOCK_STEP_MS = 4_000;
/** Longest wait between two disturbances. */
const PAUSE_MS = 1_200;
/** Longest time a process is stopped: by then others' clocks are past its lease. */
const STOPPED_MS = 6_000;
/** Shares of the disturbances that end the server, as a crash does and as its operator does. */
const CRASHES = 0.05;
const RESTARTS = 0.05;
/** Between two lines that say how far it is. */
const SAY_MS = 10_000;
/** Of a soak, the part between two audits. */
const AUDITS = 4;

export interface SoakOptions {
  readonly kind: StoreKind;
  readonly seconds: number;
  readonly processes: number;
  readonly seed: number;
  /** Ends it early, with an audit of what was done. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export interface SoakReport extends Audit {
  readonly kind: StoreKind;
  readonly seconds: number;
  readonly processes: number;
  readonly kills: number;
  readonly stops: number;
  readonly crashes: number;
  readonly restarts: number;
  readonly count: (did: LedgerLine["did"], code?: string) => number;
  /** Of all claims that were answered, milliseconds. */
  readonly longestClaimMs: number;
}

/** Lets agents work on one workspace, kills and stops them at random, restarts the server, and looks for what must not be. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { kind, seconds, processes, seed, signal, say } = options;
  const home = mkdtempSync(join(tmpdir(), "sluice-soak-"));
  const server = kind === "postgres" ? await startFaultyPostgres() : undefined;
  const place = server === undefined ? join(home, "workspace.db") : `${server.url}&schema=soak`;
  const clock = join(home, "clock");
  writeFileSync(clock, "0");
  const crew = crewOf({ place, clock, home, processes, seed });
  try {
    await prepare(place);
    const disturbed = { kills: 0, stops: 0, crashes: 0, restarts: 0 };
    const progress = progressOf(options, home, disturbed);
    const random = seeded(seed);
    const until = performance.now() + seconds * 1_000;
    let offset = 0;
    let found: Audit | undefined;
    for (let part = 1; part <= AUDITS && (found?.breaches.length ?? 0) === 0 && !signal.aborted; part += 1) {
      const partUntil = until - ((AUDITS - part) * seconds * 1_000) / AUDITS;
      crew.fill();
      while (performance.now() < partUntil && !signal.aborted) {
        await disturb({ crew, server, random, disturbed, signal });
        progress();
        offset += CLOCK_STEP_MS;
        writeFileSync(clock, String(offset));
        await Bun.sleep(random() * PAUSE_MS);
      }
      await crew.killAll();
      if (signal.aborted) await revive(server);
      found = await withStore(place, (store) => audit(store, ledgerOf(home)));
      say(`${kind}: audit ${part} of ${AUDITS}, ${found.events} entries, ${found.breaches.length} breaches`);
    }
    return reportOf(options, home, disturbed, found);
  } finally {
    await crew.killAll();
    await server?.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function prepare(place: string): Promise<void> {
  const store = await openStore({ place, create: true });
  for (let n = 1; n <= PROJECTS; n += 1)
    await store.projects.add({ by: human(), alias: `p${n}`, name: `Project ${n}` });
  await store.close();
}

async function withStore<T>(place: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ place });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

const ledgerOf = (home: string): readonly LedgerLine[] =>
  readdirSync(home)
    .filter((name) => name.startsWith("ledger-"))
    .flatMap((name) => readLedger(join(home, name)));

interface Crew {
  readonly members: Bun.Subprocess[];
  /** Starts processes until there are as many as there should be. */
  readonly fill: () => void;
  readonly kill: (at: number) => Promise<void>;
  readonly killAll: () => Promise<void>;
}

interface CrewOptions extends Pick<SoakOptions, "processes" | "seed"> {
  readonly place: string;
  readonly clock: string;
  readonly home: string;
}

function crewOf({ place, clock, home, processes, seed }: CrewOptions): Crew {
  const members: Bun.Subprocess[] = [];
  let started = 0;
  const fill = () => {
    while (members.length < processes) {
      started += 1;
      const words = [
        join(home, `ledger-${started}`),
        String((started % PROJECTS) + 1),
        String(seed * 1_000 + started),
      ];
      members.push(
        Bun.spawn([process.execPath, PROGRAM, place, clock, ...words], {
          stdin: "ignore",
          stdout: "inherit",
          stderr: "inherit",
        }),
      );
    }
  };
  const kill = async (at: number) => {
    const [victim] = members.splice(at, 1);
    victim?.kill("SIGKILL");
    await victim?.exited;
  };
  return {
    members,
    fill,
    kill,
    killAll: async () => {
      while (members.length > 0) await kill(0);
    },
  };
}

interface Disturbance {
  readonly crew: Crew;
  readonly server: FaultyPostgres | undefined;
  readonly random: () => number;
  readonly disturbed: { kills: number; stops: number; crashes: number; restarts: number };
  readonly signal: AbortSignal;
}

/** One thing that happens to machines. */
async function disturb({ crew, server, random, disturbed, signal }: Disturbance): Promise<void> {
  const choice = random();
  const at = Math.floor(random() * crew.members.length);
  if (server !== undefined && choice < CRASHES + RESTARTS) {
    const isCrash = choice < CRASHES;
    disturbed[isCrash ? "crashes" : "restarts"] += 1;
    await (isCrash ? server.crash() : server.shutDown());
    await server.start().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  } else if (choice < 0.5) {
    disturbed.kills += 1;
    await crew.kill(at);
    crew.fill();
  } else {
    disturbed.stops += 1;
    const victim = crew.members[at];
    victim?.kill("SIGSTOP");
    setTimeout(() => victim?.kill("SIGCONT"), random() * STOPPED_MS);
  }
}

/** Ctrl-C in a terminal ends the server too, which the audit needs. */
async function revive(server: FaultyPostgres | undefined): Promise<void> {
  await server?.shutDown();
  await server?.start();
}

function progressOf(
  { kind, seconds, say }: SoakOptions,
  home: string,
  disturbed: Disturbance["disturbed"],
): () => void {
  const startedAt = performance.now();
  let saidAt = startedAt;
  return () => {
    const now = performance.now();
    if (now - saidAt < SAY_MS) return;
    saidAt = now;
    const { kills, stops, crashes, restarts } = disturbed;
    const claims = ledgerOf(home).filter(({ did }) => did === "claim").length;
    say(
      `${kind}: ${Math.round((now - startedAt) / 1_000)} of ${seconds} s, ${claims} claims, ${kills} kills, ${stops} stops, ${crashes} crashes, ${restarts} restarts`,
    );
  };
}

function reportOf(
  { kind, seconds, processes }: SoakOptions,
  home: string,
  disturbed: Disturbance["disturbed"],
  found: Audit | undefined,
): SoakReport {
  const ledger = existsSync(home) ? ledgerOf(home) : [];
  return {
    kind,
    seconds,
    processes,
    ...disturbed,
    breaches: found?.breaches ?? ["It was ended before the first audit"],
    events: found?.events ?? 0,
    expiries: found?.expiries ?? 0,
    count: (did, code) =>
      ledger.filter(
        (line) => line.did === did && (code === undefined || (line.did === "refused" && line.code === code)),
      ).length,
    longestClaimMs: ledger.reduce(
      (most, line) => (line.did === "claim" ? Math.max(most, line.tookMs) : most),
      0,
    ),
  };
}
