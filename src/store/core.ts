import { sql } from "kysely";
import type { Caller } from "#domain/caller.ts";
import { MAKE_ROOM, SluiceError } from "#domain/errors.ts";
import type { Lane } from "#domain/lane.ts";
import type { Database, SqlNames, StoreDialect, Tx } from "./dialect.ts";
import { lanesText, readLanes } from "./lane-rows.ts";

/** What the parts of a store share. */
export interface Core {
  readonly db: Database;
  readonly dialect: StoreDialect;
  /** In [0, 1). */
  readonly random: () => number;
  readonly uid: (now: number) => string;
  readonly leaseId: () => string;
  /** Runs one write transaction, tried again while others are in the way, at most until the deadline. */
  readonly write: Write;
  /** The same for heartbeats, which no number of other calls may hold up. */
  readonly renew: Write;
  /** Runs reads and, last, one guarded write of `StoreDialect.items`, with the same retries. */
  readonly oneWrite: <T>(work: (handle: Database | Tx) => Promise<T>) => Promise<T>;
  /** Runs reads, with the same retries. */
  readonly read: <T>(work: (db: Database) => Promise<T>) => Promise<T>;
  /** Runs a whole call in one write transaction, with the same retries: what it does through `call` is written together or not at all. */
  readonly inOne: <T>(key: string | undefined, work: (call: Core, tx: Tx) => Promise<T>) => Promise<T>;
  /** Idempotency key of the call whose transaction this is; absent where there is none. */
  readonly key?: string;
}

type Write = <T>(by: Caller, operation: string, work: (unit: Unit) => Promise<T>) => Promise<T>;

/** One write transaction: who, what, when, and what it shares. */
export interface Unit {
  readonly tx: Tx;
  readonly core: Core;
  readonly by: Caller;
  /** Name kept on its events. */
  readonly operation: string;
  /** The database's time at its start, epoch milliseconds. */
  readonly now: number;
  readonly lanes: readonly Lane[];
  /** Told by each entry that the caller makes in it. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface CoreOptions {
  readonly db: Database;
  readonly dialect: StoreDialect;
  readonly random: () => number;
  readonly uid: (now: number) => string;
  readonly leaseId: () => string;
  /** How long a busy database is tried before `unavailable`; default 10 s. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 10_000;

export function createCore(options: CoreOptions): Core {
  const { db, dialect } = options;
  const patient = retry(dialect, options.random, options.patienceMs ?? PATIENCE_MS);
  const writeOn = <T>(on: Database, by: Caller, operation: string, work: (unit: Unit) => Promise<T>) =>
    on.transaction().execute(async (tx) => work({ tx, core, by, operation, ...(await begin(tx, dialect)) }));
  const core: Core = {
    ...options,
    read: (work) => patient(() => work(db)),
    oneWrite: (work) => patient(() => dialect.oneWrite(db, work)),
    write: (by, operation, work) => patient(() => writeOn(db, by, operation, work)),
    renew: (by, operation, work) => patient(() => writeOn(dialect.heartbeats(db), by, operation, work)),
    inOne: (key, work) => patient(() => db.transaction().execute((tx) => work(within(core, tx, key), tx))),
  };
  return core;
}

/** The core of a call that is one transaction: nothing is tried again in it, and one statement follows the other. */
function within(core: Core, tx: Tx, key: string | undefined): Core {
  const inTurn = oneAtATime();
  const write: Write = (by, operation, work) =>
    inTurn(async () => work({ tx, core: call, by, operation, ...(await begin(tx, core.dialect)) }));
  const call: Core = {
    ...core,
    db: tx,
    ...(key === undefined ? {} : { key }),
    read: (work) => inTurn(() => work(tx)),
    oneWrite: (work) => inTurn(() => work(tx)),
    write,
    renew: write,
    inOne: (_key, work) => work(call, tx),
  };
  return call;
}

/** A connection runs one statement at a time, and a call may ask for several things at once. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => {}); // whoever asked for it sees the failure
    return mine;
  };
}

const beginSql = (names: SqlNames): string => `select ${names.now} as now, ${lanesText(names)} as lanes`;

async function begin(tx: Tx, dialect: StoreDialect): Promise<Pick<Unit, "now" | "lanes">> {
  const [row] = await dialect.rows<{ now: number; lanes: string | null }>(tx, beginSql, []);
  return { now: row?.now ?? 0, lanes: readLanes(row?.lanes ?? null) };
}

export async function databaseNow(db: Database | Tx, dialect: StoreDialect): Promise<number> {
  const { rows } = await sql<{ now: number }>`select ${dialect.now} as now`.execute(db);
  return rows[0]?.now ?? 0;
}

function retry(dialect: StoreDialect, random: () => number, patienceMs: number) {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    const until = performance.now() + patienceMs;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        if (error instanceof SluiceError) throw error;
        const failure = dialect.classify(error);
        const mayRepeat = failure === "busy" || failure === "absent";
        if (!mayRepeat || performance.now() > until) throw translate(error, failure);
        await pause(dialect.retryDelayMs(attempt, random()), attempt);
      }
    }
  };
}

/** Below a millisecond timers are too coarse: the thread sleeps, but lets the event loop turn now and then for heartbeats. */
async function pause(delayMs: number, attempt: number): Promise<void> {
  if (delayMs >= 2 || attempt % 8 === 0) await Bun.sleep(Math.max(1, delayMs));
  else Bun.sleepSync(delayMs);
}

function translate(error: unknown, failure: ReturnType<StoreDialect["classify"]>): unknown {
  switch (failure) {
    case "busy":
      return new SluiceError("unavailable", "The workspace is busy: other writers held it for too long", {
        hint: "Nothing was written; try again",
        cause: error,
      });
    case "cut off":
      return new SluiceError("unavailable", "The database stopped answering in the middle of the call", {
        hint: "It is not known whether the call was done: look, or repeat it under the same idempotency key",
        cause: error,
      });
    case "absent":
    case "unavailable":
      return new SluiceError("unavailable", "The database cannot be reached or written", {
        hint: "Nothing was written; check the disk or the server, then try again",
        cause: error,
      });
    case "full":
      return new SluiceError("unavailable", "The disk of the workspace is full", {
        hint: `${MAKE_ROOM}. Reading still works`,
        cause: error,
      });
    case "read-only":
      return new SluiceError("unavailable", "The workspace is read-only", {
        hint: "Nothing was written; give this account the right to write the file and its folder, then try again",
        cause: error,
      });
    case "forbidden":
      return new SluiceError("unavailable", "The role of the workspace's address may not do this", {
        hint: "Nothing was written; grant it the right to read and write the workspace's schema, or name another role in --workspace",
        cause: error,
      });
    case "corrupt":
      return new SluiceError("invalid", "The database of the workspace is damaged", {
        hint: "Stop writing to it, and make a new one from the newest backup: sluice restore BACKUP --to PLACE",
        cause: error,
      });
    case "constraint":
    case "unknown":
      return error;
  }
}

/** The product itself, for facts that no person or agent claims. */
export const SELF: Caller = {
  actor: { kind: "system", name: "worker" },
  auth: "asserted",
  authority: "system",
  interface: "worker",
  host: "",
};

/**
 * Reads once and answers the same until anything in the database has changed, where the database can tell that for less than a read.
 * For what every call asks for and hardly any changes.
 */
export function memoizeRead<A, T>(
  core: Core,
  read: (db: Database, asked: A) => Promise<T>,
): (asked: A) => Promise<T> {
  const known = new Map<A, T>();
  let knownAt: string | undefined;
  return (asked) =>
    core.read(async (db) => {
      const before = core.dialect.state();
      if (before === undefined) return await read(db, asked);
      if (before !== knownAt) known.clear();
      knownAt = before;
      const found = known.get(asked);
      if (found !== undefined) return found;
      const value = await read(db, asked);
      // What was read while something changed may be of before or of after.
      if (knownAt === before && core.dialect.state() === before) known.set(asked, value);
      return value;
    });
}
