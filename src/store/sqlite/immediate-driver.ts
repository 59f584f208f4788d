import type { Database, Statement } from "bun:sqlite";
import {
  type DatabaseConnection,
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

/** Statements that a file keeps ready. `bun:sqlite` itself keeps the first 20 that it met, and plans all others at each use. */
const KEPT_STATEMENTS = 1_000;

/** An open file with the statements it has met. */
export class StatementFile {
  readonly file: Database;
  readonly #guards: FileGuards;
  readonly #kept = new Map<string, Statement<unknown, Binding[]>>();

  constructor(file: Database, guards: FileGuards = UNGUARDED) {
    this.file = file;
    this.#guards = guards;
  }

  get inTransaction(): boolean {
    return this.file.inTransaction;
  }

  inWrite(): void {
    this.#guards.inWrite();
  }

  afterWrite(): void {
    this.#guards.afterWrite();
  }

  statement(text: string): Statement<unknown, Binding[]> {
    if (!this.inTransaction) this.#guards.beforeUse(); // a transaction that has begun must be able to end
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    const made = this.file.prepare<unknown, Binding[]>(text);
    if (this.#kept.size < KEPT_STATEMENTS) this.#kept.set(text, made);
    return made;
  }

  /** A statement that is kept would hold the file open. */
  close(): void {
    for (const statement of this.#kept.values()) statement.finalize();
    this.#kept.clear();
    this.file.close();
  }
}

/** Write transactions take the write lock at once: a deferred one fails when it upgrades, whatever the busy time-out. */
class ImmediateDriver extends SqliteDriver {
  readonly #statements: StatementFile;

  constructor(statements: StatementFile) {
    super({ database: adapt(statements) });
    this.#statements = statements;
  }

  /** SQLite itself has rolled back after some failures, as on a full disk; asking again would hide that failure behind another. */
  override async rollbackTransaction(): Promise<void> {
    if (this.#statements.inTransaction) this.#run("rollback");
  }

  override async commitTransaction(): Promise<void> {
    this.#run("commit");
    this.#statements.afterWrite();
  }

  override async beginTransaction(
    _connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    if (settings?.accessMode === "read only") return this.#run("begin");
    this.#run("begin immediate");
    try {
      this.#statements.inWrite();
    } catch (error) {
      await this.rollbackTransaction();
      throw error;
    }
  }

  #run(text: string): void {
    this.#statements.statement(text).run();
  }
}

/** The one place where Kysely meets `bun:sqlite`. */
function adapt(statements: StatementFile): SqliteDatabase {
  return {
    close: () => statements.close(),
    prepare: (text) => {
      const statement = statements.statement(text);
      return {
        reader: statement.columnNames.length > 0,
        all: (values) => statement.all(...values.map(toBinding)),
        run: (values) => statement.run(...values.map(toBinding)),
        iterate: (values) => statement.iterate(...values.map(toBinding)),
      };
    },
  };
}

type Binding = string | number | bigint | null | Uint8Array;

/** What the file takes for a value. */
export function toBinding(value: unknown): Binding {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint")
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`A ${typeof value} cannot be stored`);
}

export class BunSqliteDialect extends SqliteDialect {
  readonly #statements: StatementFile;

  constructor(statements: StatementFile) {
    super({ database: adapt(statements) });
    this.#statements = statements;
  }

  override createDriver(): Driver {
    return new ImmediateDriver(this.#statements);
  }
}
