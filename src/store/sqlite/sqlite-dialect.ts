import type { Database as SqliteFile } from "bun:sqlite";
import { sql } from "kysely";
import { MAX_AHEAD_MS } from "#domain/claim/lease-change.ts";
import type { SearchTerm } from "#domain/text/search-tokens.ts";
import type { StatementFile } from "./immediate-driver.ts";
import { mark, sender, sqliteItems } from "./sqlite-items.ts";
import { namedTexts } from "#store/database.ts";
import type { DatabaseProblem, Failure, SqlNames, StoreDialect, Tx } from "#store/dialect.ts";

/** Flat jitter: SQLite's own growing back-off starves whole processes (one of four got nothing in 9 of 9 runs). */
const RETRY_MIN_MS = 0.1;
const RETRY_SPREAD_MS = 1;

/** Twice what the log is cut to: only a reader that does not end lets it grow so far. */
const LARGE_LOG_BYTES = 128 * 1_048_576;

/** Tells of other connections' commits. */
const OTHERS = "pragma data_version";
/** Tells of this connection's writes, rolled back or not. Both in one statement take twice as long. */
const OWN = "select total_changes() as n";

/** A list comes as JSON. */
const isIn: SqlNames["isIn"] = (value, list) => `${value} in (select value from json_each(${list}))`;

/** @param now expression of the database's time, epoch milliseconds */
export const sqliteNames = (now: string): SqlNames => ({
  t: (table) => table,
  now,
  p: mark,
  forUpdate: () => "",
  skipLocked: () => "",
  isIn,
  holdsAll: (list, words) =>
    `not exists (select 1 from json_each('["' || replace(${words}, ',', '","') || '"]') w where not ${isIn("w.value", list)})`,
  lines: (text) => `group_concat(${text}, char(10))`,
});

export function sqliteDialect(statements: StatementFile, clockOffsetMs: () => number): StoreDialect {
  const { file } = statements;
  const clock = () => sqliteClock(clockOffsetMs());
  const names = (): SqlNames => sqliteNames(clock());
  const named = namedTexts(names, clockOffsetMs);
  const send = sender(statements);
  const rows: StoreDialect["rows"] = (db, text, values) =>
    send(
      db,
      named(text),
      values.map((value) => (Array.isArray(value) ? JSON.stringify(value) : value)),
    );
  return {
    name: "sqlite",
    get now() {
      return sql.raw<number>(clock());
    },
    skipLocked: sql``,
    forUpdate: sql``,
    table: (name) => sql.table(name),
    lock: async () => {},
    index: indexWords,
    rows,
    matches: (terms) =>
      sql<boolean>`item.id in (select rowid from item_search where item_search match ${ftsQuery(terms)})`,
    state: () =>
      `${String(statements.statement(OTHERS).values()[0])} ${String(statements.statement(OWN).values()[0])}`,
    // One transaction writes at a time: numbers are given in the order in which they end.
    following: {
      position: sql`''`,
      settled: async () => sql`true`,
      after: (_position, id) => sql`event.id > ${id}`,
      order: sql`event.id`,
      newestFirst: sql`event.id desc`,
    },
    items: sqliteItems(statements, rows, clock),
    oneWrite: (db, work) => db.transaction().execute(work),
    classify,
    retryDelayMs: (_attempt, random) => RETRY_MIN_MS + RETRY_SPREAD_MS * random,
    heartbeats: (db) => db,
    check: async () => checkLog(file),
    checkPages: () => checkPages(file),
    snapshot: (db, work) => db.transaction().setAccessMode("read only").execute(work),
    exportFile: (path) => void file.query("vacuum into ?").run(path),
    continueNumbers: async (db, table, last) => {
      await sql`update sqlite_sequence set seq = ${last} where name = ${table} and seq < ${last}`.execute(db);
      await sql`insert into sqlite_sequence (name, seq) select ${table}, ${last} where not exists (select 1 from sqlite_sequence where name = ${table})`.execute(
        db,
      );
    },
    notify: async () => {},
    close: async () => {
      statements.close();
    },
  };
}

async function indexWords(tx: Tx, itemId: number, tokens: readonly string[]): Promise<void> {
  await sql`delete from item_search where rowid = ${itemId}`.execute(tx);
  await sql`insert into item_search(rowid, words) values (${itemId}, ${tokens.join(" ")})`.execute(tx);
}

/** Tokens are letters and digits only, so that quoting them leaves no operator of FTS5 to a user's text. */
function ftsQuery(terms: readonly SearchTerm[]): string {
  return terms.map(ftsTerm).join(" AND ");
}

function ftsTerm(term: SearchTerm): string {
  switch (term.kind) {
    case "word":
      return `"${term.token}"`;
    case "prefix":
      return `"${term.token}"*`;
    case "phrase":
      return `"${term.tokens.join(" ")}"`;
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function classify(error: unknown): Failure {
  const code = errorCode(error);
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return "busy";
  if (code.startsWith("SQLITE_CONSTRAINT")) return "constraint";
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return "corrupt";
  if (code === "SQLITE_FULL") return "full";
  if (code.startsWith("SQLITE_READONLY")) return "read-only";
  if (/^SQLITE_(IOERR|CANTOPEN|PERM|AUTH)/.test(code)) return "unavailable";
  return "unknown";
}

function checkLog(file: SqliteFile): readonly DatabaseProblem[] {
  const logBytes = writeAheadBytes(file);
  return logBytes <= LARGE_LOG_BYTES ? [] : [{ severity: "warning", message: grownLog(logBytes) }];
}

function checkPages(file: SqliteFile): readonly DatabaseProblem[] {
  // A search lets the full-text index see what other processes wrote; the check alone would call its own stale view damage.
  file.query("select rowid from item_search where item_search match 'a' limit 1").all();
  const found = file.query("pragma integrity_check(20)").values().flat().map(String);
  const foreign = file.query("pragma foreign_key_check").values().length;
  return [
    ...found.filter((line) => line !== "ok").map((line) => error(`The file is damaged: ${line}`)),
    ...(foreign === 0 ? [] : [error(`${foreign} rows name rows that do not exist`)]),
  ];
}

const error = (message: string): DatabaseProblem => ({ severity: "error", message });

/** Asked of SQLite, which changes nothing by it: opening the log as a file would drop this process's locks. */
function writeAheadBytes(file: SqliteFile): number {
  const [frames = 0] = file
    .query<{ log: number }, []>("pragma wal_checkpoint(noop)")
    .all()
    .map(({ log }) => log);
  return frames * Number(file.query("pragma page_size").values()[0]?.[0]);
}

function grownLog(bytes: number): string {
  const size = `${Math.round(bytes / 1_048_576)} MiB`;
  return `The write-ahead log has grown to ${size}: a program keeps a read open and must end it before the log can shrink`;
}

/**
 * The time as an expression: epoch milliseconds, not before the last event, so that a wall clock that is set back a little brings no
 * ended lease to life; but never further ahead of the wall clock than that.
 */
function sqliteClock(offsetMs: number): string {
  const wall = `(cast(unixepoch('subsec') * 1000 as integer) + ${offsetMs})`;
  return `max(${wall}, min(${wall} + ${MAX_AHEAD_MS}, coalesce((select at from event order by id desc limit 1), 0)))`;
}
