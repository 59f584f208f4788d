import { createHash, type Hash } from "node:crypto";
import { sql, type RawBuilder } from "kysely";
import { z } from "zod";
import type { Database, StoreDialect, Tx } from "#store/dialect.ts";
import { COPY_SETTING } from "#store/setting-rows.ts";
import { rulesOf, type TableName } from "./copied-tables.ts";

/** A workspace's database with what it does differently. */
export interface Side {
  readonly db: Database | Tx;
  readonly dialect: StoreDialect;
}

const Value = z.union([z.string(), z.number(), z.null()]);
const Row = z.record(z.string(), Value);
export type Row = z.infer<typeof Row>;

/** Rows read and written at a time; PostgreSQL binds at most 65,535 values and SQLite 32,766. */
const BATCH = 400;
/** Columns that only one of the two databases has. */
const OWN = new Set(["xact"]);

const isCopied = (table: TableName, row: Row): boolean => table !== "setting" || row["key"] !== COPY_SETTING;

/** All rows of a table in the order of its key, in batches. */
export async function* readRows({ db, dialect }: Side, table: TableName): AsyncGenerator<readonly Row[]> {
  const { key } = rulesOf(table);
  for (let after: Row | undefined; ;) {
    const columns = sql.join(key.map((column) => sql.ref(column)));
    const from: RawBuilder<unknown> =
      after === undefined
        ? sql``
        : sql`where (${columns}) > (${sql.join(key.map((column) => after?.[column] ?? null))})`;
    const { rows } =
      await sql`select * from ${dialect.table(table)} ${from} order by ${columns} limit ${BATCH}`.execute(db);
    const batch = rows.map((row) => readRow(row));
    if (batch.length > 0) yield batch.filter((row) => isCopied(table, row));
    after = batch.at(-1);
    if (batch.length < BATCH) return;
  }
}

function readRow(row: unknown): Row {
  const all = z.record(z.string(), z.unknown()).parse(row);
  return Row.parse(Object.fromEntries(Object.entries(all).filter(([column]) => !OWN.has(column))));
}

/** Writes rows, leaving what is there already. */
export async function writeRows(
  { db, dialect }: Side,
  table: TableName,
  rows: readonly Row[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first);
  const values = rows.map((row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`);
  await sql`insert into ${dialect.table(table)} (${sql.join(columns.map((column) => sql.ref(column)))}) values ${sql.join(values)} on conflict do nothing`.execute(
    db,
  );
}

export async function deleteRow({ db, dialect }: Side, table: TableName, row: Row): Promise<void> {
  await sql`delete from ${dialect.table(table)} where ${sameKey(table, row)}`.execute(db);
}

export async function setColumns(
  { db, dialect }: Side,
  table: TableName,
  row: Row,
  columns: readonly string[],
): Promise<void> {
  const set = columns.map((column) => sql`${sql.ref(column)} = ${row[column] ?? null}`);
  await sql`update ${dialect.table(table)} set ${sql.join(set)} where ${sameKey(table, row)}`.execute(db);
}

const sameKey = (table: TableName, row: Row) =>
  sql.join(
    rulesOf(table).key.map((column) => sql`${sql.ref(column)} = ${row[column] ?? null}`),
    sql` and `,
  );

/** A key as text, for comparing two sides row by row. */
export const keyText = (table: TableName, row: Row): string =>
  JSON.stringify(rulesOf(table).key.map((column) => row[column]));

/** A row as text, the same on both databases: columns by name, numbers as numbers. */
export const rowText = (row: Row): string =>
  JSON.stringify(Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Count and sha256 of a table's rows in the order of their text, so that collations cannot change it. */
export async function digestTable(
  side: Side,
  table: TableName,
): Promise<{ readonly rows: number; readonly sha256: string }> {
  let rows = 0;
  const sums: string[] = [];
  for await (const batch of readRows(side, table)) {
    rows += batch.length;
    for (const row of batch) sums.push(sha256().update(rowText(row)).digest("base64"));
  }
  const all = sha256();
  for (const sum of sums.toSorted()) all.update(sum);
  return { rows, sha256: all.digest("hex") };
}

const sha256 = (): Hash => createHash("sha256");
