import type { Database } from "bun:sqlite";
import {
  type DatabaseConnection,
  CompiledQuery,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type TransactionSettings,
} from "kysely";
import type { Driver } from "kysely";

/** Write transactions take the write lock at once: a deferred one fails when it upgrades, whatever the busy time-out. */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(
    connection: DatabaseConnection,
    settings?: TransactionSettings,
  ): Promise<void> {
    const begin = settings?.accessMode === "read only" ? "begin" : "begin immediate";
    await connection.executeQuery(CompiledQuery.raw(begin));
  }
}

/** The one place where Kysely meets `bun:sqlite`. */
function adapt(db: Database): SqliteDatabase {
  return {
    close: () => db.close(),
    prepare: (text) => {
      const statement = db.query(text); // cached by text, unlike prepare()
      const bindings = (values: readonly unknown[]) => values.map(toBinding);
      return {
        reader: statement.columnNames.length > 0,
        all: (values) => statement.all(...bindings(values)),
        run: (values) => statement.run(...bindings(values)),
        iterate: (values) => statement.iterate(...bindings(values)),
      };
    },
  };
}

function toBinding(value: unknown): string | number | bigint | null | Uint8Array {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "bigint")
    return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`A ${typeof value} cannot be stored`);
}

export class BunSqliteDialect extends SqliteDialect {
  readonly #db: Database;

  constructor(db: Database) {
    super({ database: adapt(db) });
    this.#db = db;
  }

  override createDriver(): Driver {
    return new ImmediateDriver({ database: adapt(this.#db) });
  }
}
