import {
  Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from "kysely";
import pg from "pg";
import type { Database } from "#store/dialect.ts";
import type { Tables } from "#store/schema.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** A named statement keeps its plan: planning the queue's statements anew for their values took more than half of the server's time. */
const KEEP_PLANS = "-c plan_cache_mode=force_generic_plan";
/** How much later than the server this side gives a statement up: only a connection that is dead without a word lets it come to that. */
const ANSWER_GRACE_MS = 2_000;
/** Waiting for a row or key that another transaction holds; then tried again, until the store's patience ends. */
const LOCK_TIMEOUT_MS = 5_000;
/** The server keeps each plan in memory, per connection: texts met after so many others are planned at each use. */
const KEPT_PLANS = 1_000;

export interface PoolSettings {
  readonly connectionString: string;
  readonly max: number;
  readonly statementTimeoutMs: number;
  /** Whether a connection is a session of our own; a pooler refuses settings of sessions, which are not ours there. */
  readonly ownSession: boolean;
}

/** Connections that answer in the order they were asked, so that a statement need not wait for the answer to the one before. */
export function createPool({ connectionString, max, statementTimeoutMs, ownSession }: PoolSettings): pg.Pool {
  const session = {
    statement_timeout: statementTimeoutMs,
    // A process that was stopped between two statements holds its rows, and the followers of the history, no longer than a stuck one.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    lock_timeout: LOCK_TIMEOUT_MS,
    options: KEEP_PLANS,
  };
  const inOrder = { pipeline: true }; // not in the driver's declared options yet
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: statementTimeoutMs + ANSWER_GRACE_MS,
    keepAlive: true,
    application_name: "sluice",
    ...inOrder,
    ...(ownSession ? session : {}),
  });
  pool.on("error", () => {}); // an idle connection that the server ends is replaced on next use
  // Cut off between two statements of a transaction: the next statement fails, and the program must live to see it.
  pool.on("connect", (client) => client.on("error", () => {}));
  pool.on("release", (_error, client) => discardUnanswered(client));
  return pool;
}

/** A connection whose last answer has not come is not used again: that answer would be taken for the next statement's. */
function discardUnanswered(client: pg.PoolClient): void {
  if ("readyForQuery" in client && client.readyForQuery === false) void client.end().catch(() => {});
}

/** What is asked of a pool. */
export interface Queries {
  readonly db: Database;
  /** Runs one statement that commits by itself. The store's own texts take this way: Kysely's costs as much again as the statement. */
  readonly send: <R extends object>(text: string, values: readonly unknown[]) => Promise<readonly R[]>;
}

/**
 * @param prepare whether a connection keeps statements it has met, so that the server plans each once; not so behind a pooler that gives
 *   every transaction another connection
 */
export function queriesOver(pool: pg.Pool, schema: string, prepare: boolean): Queries {
  const connections = throughPool(pool, prepare ? planNames() : () => undefined);
  return {
    db: new Kysely<Tables>({ dialect: new PostgresDialect({ pool: connections }) }).withSchema(schema),
    send: async <R extends object>(text: string, values: readonly unknown[]) => {
      const connection = await connections.connect();
      try {
        return (await connection.query<R>(text, values)).rows;
      } finally {
        connection.release();
      }
    },
  };
}

type NameOf = (text: string) => string | undefined;

function planNames(): NameOf {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= KEPT_PLANS) return known;
    const name = `sluice_${Bun.hash(text).toString(36)}`;
    names.set(text, name);
    return name;
  };
}

function throughPool(pool: pg.Pool, nameOf: NameOf): PostgresPool {
  const connections = new WeakMap<pg.PoolClient, Connection>();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const client = await pool.connect();
      const connection = connections.get(client) ?? connectionOf(client, nameOf);
      connections.set(client, connection);
      return connection;
    },
  };
}

type Connection = PostgresPoolClient;

/** Sends a statement by its plan's name, and the start of a transaction along with its first statement. */
function connectionOf(client: pg.PoolClient, nameOf: NameOf): Connection {
  let begun: Promise<unknown> | undefined;
  const send = (text: string, values: readonly unknown[]) => {
    const name = values.length === 0 ? undefined : nameOf(text);
    return client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
  };
  const answer = async (text: string, values: readonly unknown[]) => {
    if (text === "begin") {
      begun = send(text, values);
      begun.catch(() => {}); // whoever sends the next statement sees the failure
      return { command: "BEGIN" as const, rowCount: 0, rows: [] };
    }
    const before = begun;
    begun = undefined;
    const [answered] = await Promise.all([send(text, values), before]);
    return answered;
  };
  function query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query(first: string | object, values: readonly unknown[] = []): unknown {
    if (typeof first === "string") return answer(first, values);
    throw new TypeError("The store streams nothing");
  }
  return { query, release: (destroy?: boolean) => client.release(destroy) };
}
