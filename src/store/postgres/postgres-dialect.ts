import { CompiledQuery, sql } from "kysely";
import type { Pool } from "pg";
import type { SearchTerm } from "#domain/text/search-tokens.ts";
import type { ClaimFunction } from "./claim-function.ts";
import type { Queries } from "./connections.ts";
import { postgresItems, type Send } from "./postgres-items.ts";
import { checkServer } from "./check-server.ts";
import { lockKey, postgresNames } from "./postgres-names.ts";
import { namedTexts } from "#store/database.ts";
import type { Database, Failure, SqlNames, StoreDialect, Tx } from "#store/dialect.ts";

type Text = (names: SqlNames) => string;

/** Channel on which a change of the queue is announced. */
const CHANNEL = "sluice_ready";
const RETRY_STEP_MS = 5;
const RETRY_MAX_MS = 100;

export interface PostgresDialectOptions {
  /** Ended with the store. */
  readonly pools: readonly Pool[];
  readonly schema: string;
  readonly claimFunction: ClaimFunction;
  readonly clockOffsetMs: () => number;
  readonly send: Queries["send"];
  /** Over connections that only heartbeats use. */
  readonly reserved: Database;
}

const following = (schema: string): StoreDialect["following"] => ({
  position: sql`event.xact::text`,
  settled: async (db) => {
    const { rows } = await settledBelow(schema).execute(db);
    return sql`event.xact < ${rows[0]?.below ?? "0"}::xid8`;
  },
  after: (position, id) => sql`(event.xact, event.id) > (${position}::xid8, ${id}::bigint)`,
  order: sql`event.xact, event.id`,
  newestFirst: sql`event.xact desc, event.id desc`,
});

/**
 * The oldest transaction that may still write here. A writer locks a table of its workspace before it gets its number, and keeps both to
 * its end: one that has a number and none of these locks writes elsewhere on the server. A number without a known owner counts as ours.
 * Writers pay nothing for it, and the locks are read only while something is open.
 */
const settledBelow = (schema: string) => sql<{ below: string }>`
  with lock as materialized (select locktype, virtualtransaction, granted, relation, transactionid::text::bigint as number from pg_locks
      where locktype = 'transactionid' or (locktype = 'relation' and database = (select oid from pg_database where datname = current_database()))),
    here as (select l.virtualtransaction from lock l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${schema}),
    elsewhere as (select number from lock where number is not null and granted and virtualtransaction not in (select * from here))
  select coalesce(min(x::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)::text as below
  from pg_snapshot_xip(pg_current_snapshot()) x where x::text::bigint & 4294967295 not in (select number from elsewhere)`;

const sender =
  (sendOne: Queries["send"]): Send =>
  async <R extends object>(db: Database | Tx, text: string, values: readonly unknown[]) =>
    db.isTransaction
      ? (await db.executeQuery<R>(CompiledQuery.raw(text, [...values]))).rows
      : sendOne<R>(text, values);

/** A row comes as one text: the driver takes three times as long for the fifty columns of an item. */
const asJson = (text: string): string => `select row_to_json(x)::text as json from (${text}) x`;

const jsonRows =
  (send: Send, named: (text: Text) => string): StoreDialect["rows"] =>
  async <R extends object>(db: Database | Tx, text: Text, values: readonly unknown[]) => {
    const rows = await send<{ json: string }>(db, named(text), values);
    return rows.map(({ json }) => JSON.parse(json) as R);
  };

export function postgresDialect({
  pools,
  schema,
  claimFunction,
  clockOffsetMs,
  send: sendOne,
  reserved,
}: PostgresDialectOptions): StoreDialect {
  const table: StoreDialect["table"] = (name) => sql`${sql.id(schema, name)}`;
  const clock = () => `((extract(epoch from clock_timestamp()) * 1000)::bigint + ${clockOffsetMs()}::bigint)`;
  const names = (): SqlNames => postgresNames(schema, clock());
  const named = namedTexts(names, clockOffsetMs, asJson);
  const send = sender(sendOne);
  const lock: StoreDialect["lock"] = async (tx, key) => {
    await send(tx, `select ${lockKey("$1")}`, [`${schema}:${key}`]);
  };
  return {
    name: "postgres",
    get now() {
      return sql.raw<number>(clock());
    },
    skipLocked: sql`for update skip locked`,
    forUpdate: sql`for update`,
    table,
    lock,
    index: (tx, itemId, tokens) => indexWords(tx, table("item_search"), itemId, tokens),
    rows: jsonRows(send, named),
    matches: (terms) => matches(table("item_search"), terms),
    state: () => undefined,
    following: following(schema),
    items: postgresItems(send, names, clockOffsetMs, claimFunction),
    oneWrite: (db, work) => work(db),
    classify,
    retryDelayMs: (attempt, random) => Math.min(RETRY_STEP_MS * attempt, RETRY_MAX_MS) * (0.5 + random),
    heartbeats: () => reserved,
    check: (db) => checkServer(db, schema),
    checkPages: () => [],
    snapshot,
    continueNumbers: async (db, name, last) => {
      await sql`select setval(pg_get_serial_sequence(${`"${schema}".${name}`}, 'id'), ${Math.max(1, last)}, ${last > 0})`.execute(
        db,
      );
    },
    notify: async (db) => {
      await sql`select pg_notify(${CHANNEL}, ${schema})`.execute(db);
    },
    close: async () => {
      for (const pool of pools) if (!pool.ended) await pool.end();
    },
  };
}

/** It locks no row and holds no follower up, and the other side of a copy may be busy for long: it may be idle. */
const snapshot: StoreDialect["snapshot"] = (db, work) =>
  db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (tx) => {
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx);
      return await work(tx);
    });

type Table = ReturnType<StoreDialect["table"]>;

/** Words as an array of lexemes: PostgreSQL's own parser never sees the text, so both databases find the same. */
async function indexWords(tx: Tx, table: Table, itemId: number, tokens: readonly string[]): Promise<void> {
  const distinct = Array.from(new Set(tokens));
  const text = ` ${tokens.join(" ")} `;
  await sql`insert into ${table} (item_id, words, text) values (${itemId}, array_to_tsvector(${distinct}::text[]), ${text})
    on conflict (item_id) do update set words = excluded.words, text = excluded.text`.execute(tx);
}

function matches(table: Table, terms: readonly SearchTerm[]) {
  const query = terms.flatMap(lexemes).join(" & ");
  const phrases = terms.flatMap((term) => (term.kind === "phrase" ? [` ${term.tokens.join(" ")} `] : []));
  const conditions = phrases.map((phrase) => sql`and strpos(s.text, ${phrase}) > 0`);
  return sql<boolean>`item.id in (select s.item_id from ${table} s where s.words @@ ${query}::tsquery ${sql.join(conditions, sql` `)})`;
}

/** Tokens are letters and digits only, so that quoting leaves no operator to a user's text. */
function lexemes(term: SearchTerm): string[] {
  switch (term.kind) {
    case "word":
      return [`'${term.token}'`];
    case "prefix":
      return [`'${term.token}':*`];
    case "phrase":
      return term.tokens.map((token) => `'${token}'`);
  }
}

const BUSY = new Set(["40001", "40P01", "55P03"]);

function classify(error: unknown): Failure {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  if (BUSY.has(code)) return "busy";
  if (code.startsWith("23")) return "constraint";
  if (code === "57P03" || /^(ECONNREFUSED|ENOENT|ENOTFOUND|EHOST|EAI)/.test(code)) return "absent";
  if (/^(08|57P0|25P0[34])/.test(code) || /^(ECONN|EPIPE|ETIMEDOUT)/.test(code)) return "cut off";
  if (code === "53100") return "full";
  if (code === "25006") return "read-only";
  if (code === "42501") return "forbidden";
  if (/^(53|57|28|3D)/.test(code)) return "unavailable";
  if (code === "XX001" || code === "XX002") return "corrupt";
  return error instanceof Error && code === "" ? classifyDriver(error.message) : "unknown";
}

/** Failures that the driver gives no code. */
function classifyDriver(message: string): Failure {
  if (message.startsWith("timeout exceeded when trying to connect")) return "unavailable";
  return /terminated|Query read timeout|not queryable|Connection/.test(message) ? "cut off" : "unknown";
}
