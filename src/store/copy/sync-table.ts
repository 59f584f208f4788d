import { sql } from "kysely";
import { rulesOf, type TableName } from "./copied-tables.ts";
import {
  deleteRow,
  keyText,
  readRows,
  rowText,
  setColumns,
  writeRows,
  type Row,
  type Side,
} from "./table-rows.ts";

/** Makes a table of `to` equal to that of `from`. Started again after a stop it writes only what differs. */
export async function syncTable(
  from: Side,
  to: Side,
  table: TableName,
  onRows: (rows: number) => void,
): Promise<void> {
  const { later = [] } = rulesOf(table);
  const there = await knownRows(to, table);
  for await (const batch of readRows(from, table)) {
    // Before the new rows: what was open and is not may stand in the way of what is open now.
    for (const row of batch)
      if (differs(there, table, row)) await setColumns(to, table, row, changeable(table, row, later));
    const missing = batch.filter((row) => !there.has(keyText(table, row)));
    await writeRows(
      to,
      table,
      missing.map((row) => ({ ...row, ...Object.fromEntries(later.map((column) => [column, null])) })),
    );
    for (const row of batch) there.delete(keyText(table, row));
    onRows(batch.length);
  }
  for (const key of there.keys()) await deleteRow(to, table, keyOf(table, key));
  if (later.length > 0) await writeLater(from, to, table, later);
}

/** Key → text of what the other side has already; empty in a new workspace. */
async function knownRows(to: Side, table: TableName): Promise<Map<string, string>> {
  const known = new Map<string, string>();
  for await (const batch of readRows(to, table))
    for (const row of batch) known.set(keyText(table, row), rowText(row));
  return known;
}

function differs(there: ReadonlyMap<string, string>, table: TableName, row: Row): boolean {
  const text = there.get(keyText(table, row));
  return text !== undefined && text !== rowText(row);
}

function changeable(table: TableName, row: Row, later: readonly string[]): readonly string[] {
  const { key } = rulesOf(table);
  return Object.keys(row).filter((column) => !key.includes(column) && !later.includes(column));
}

function keyOf(table: TableName, text: string): Row {
  const values: unknown = JSON.parse(text);
  const list = Array.isArray(values) ? values : [];
  return Object.fromEntries(rulesOf(table).key.map((column, at) => [column, asKey(list[at])]));
}

const asKey = (value: unknown): string | number => (typeof value === "number" ? value : String(value));

/** Columns that name rows of the same table, once all of them are there. */
async function writeLater(from: Side, to: Side, table: TableName, columns: readonly string[]): Promise<void> {
  for await (const batch of readRows(from, table))
    for (const row of batch)
      if (columns.some((column) => row[column] !== null)) await setColumns(to, table, row, columns);
}

/** The next row of a table that numbers itself stands above the copied ones. */
export async function continueNumbers({ db, dialect }: Side, table: TableName): Promise<void> {
  const { rows } = await sql<{
    last: number | null;
  }>`select max(id) as last from ${dialect.table(table)}`.execute(db);
  await dialect.continueNumbers(db, table, Number(rows[0]?.last ?? 0));
}
