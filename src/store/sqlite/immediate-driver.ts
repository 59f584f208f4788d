import type { Database, Statement } from "bun:sqlite";
import {
  type DatabaseConnection,
  CompiledQuery,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type TransactionSettings,
} from "kysely";
import type { Driver } from "kysely";

/** What is asked of a file each time; each throws to refuse. */
export interface FileGuards {
  /** Before a transaction, or a statement outside of one: whether the path still leads to the open file. */
  readonly beforeUse: () => void;
  /** Inside a write transaction, before its first statement: whether its schema is still this program's. */
  readonly inWrite: () => void;
  /** After a write transaction was committed. */
  readonly afterWrite: () => void;
}

/** For a file that no other program uses. */
const UNGUARDED: FileGuards = { beforeUse: () => {}, inWrite: () => {}, afterWrite: () => {} };

/** Write transactions take the write lock at once: a deferred one fails when it upgrades, whatever the busy time-out. */
class ImmediateDriver extends SqliteDriver {
  readonly #db: Database;
  readonly #guards: FileGuards;

  constructor(db: Database, guards: FileGuards) {
    super({ database: adapt(db, guards.beforeUse) });
    this.#db = db;
    this.#guards = guards;
  }

  /** SQLite itself has rolled back after some failures, as on a full disk; asking again would hide that failure behind another. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#db.inTransaction) await super.rollbackTransaction(connection);
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await super.commitTransaction(connection);
    this.#guards.afterWrite();
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    const begin = settings?.accessMode === "read only" ? "begin" : "begin immediate";
    await connection.executeQuery(CompiledQuery.raw(begin));
    if (begin === "begin") return;
    try {
      this.#guards.inWrite();
    } catch (error) {
      await this.rollbackTransaction(connection);
      throw error;
    }
  }
}

/** The one place where Kysely meets `bun:sqlite`. */
function adapt(db: Database, beforeUse: () => void): SqliteDatabase {
  const readers = new WeakMap<Statement, boolean>();
  const isReader = (statement: Statement): boolean => {
    const known = readers.get(statement) ?? statement.columnNames.length > 0;
    readers.set(statement, known);
    return known;
  };
  return {
    close: () => db.close(),
    prepare: (text) => {
      if (!db.inTransaction) beforeUse(); // a transaction that has begun must be able to end
      const statement = db.query(text); // cached by text, unlike prepare()
      const bindings = (values: readonly unknown[]) => values.map(toBinding);
      return {
        reader: isReader(statement),
        all: (values) => statement.all(...bindings(values)),
        run: (values) => statement.run(...bindings(values)),
        iterate: (values) => statement.iterate(...bindings(values)),
      };
    },
  };
}

/** What the file takes for a value. */
export function toBinding(value: unknown): string | number | bigint | null | Uint8Array {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint")
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`A ${typeof value} cannot be stored`);
}

export class BunSqliteDialect extends SqliteDialect {
  readonly #db: Database;
  readonly #guards: FileGuards;

  constructor(db: Database, guards = UNGUARDED) {
    super({ database: adapt(db, guards.beforeUse) });
    this.#db = db;
    this.#guards = guards;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#db, this.#guards);
  }
}
