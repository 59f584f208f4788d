import { type RawBuilder, sql } from "kysely";
import { z } from "zod";
import { takeOut, takeOutOfJson, writtenForms } from "#domain/text/redaction.ts";
import type { HistoryStore } from "#operations/ports/store/history-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import type { Tables } from "#store/schema.ts";

/** A table with texts that its callers wrote. */
interface TextTable {
  readonly table: keyof Tables;
  readonly key: readonly string[];
  readonly text: readonly string[];
  readonly json: readonly string[];
  /** Which of its rows belong to an item and to a candidate: columns; absent where none do. */
  readonly item?: string;
  readonly candidate?: string;
}

/** Beside items: all that is written once and stays. An answer kept under a key belongs to whoever asked, whatever it tells of. */
const TEXT_TABLES: readonly TextTable[] = [
  { table: "note", key: ["id"], text: ["body"], json: [], item: "item_id" },
  { table: "plan", key: ["item_id", "version"], text: ["body"], json: [], item: "item_id" },
  {
    table: "question",
    key: ["id"],
    text: ["question", "default_option", "answer", "reason"],
    json: ["options"],
    item: "item_id",
  },
  { table: "evidence", key: ["id"], text: ["value"], json: [], item: "item_id" },
  { table: "run", key: ["id"], text: ["reason"], json: [], item: "item_id" },
  {
    table: "candidate",
    key: ["id"],
    text: ["title", "source_text", "reason"],
    json: ["spec", "wishes"],
    item: "item_id",
    candidate: "id",
  },
  {
    table: "link",
    key: ["from_id", "kind", "to_kind", "to_id"],
    text: [],
    json: ["amendment"],
    item: "from_id",
  },
  { table: "idempotency", key: ["actor", "key"], text: [], json: ["output"] },
];

/** A row that holds the text, with what its columns become. */
export interface TextFind {
  readonly table: keyof Tables;
  readonly key: Readonly<Record<string, string | number>>;
  readonly columns: Readonly<Record<string, string>>;
}

const Row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));

export async function findInTexts(
  core: Core,
  db: Database | Tx,
  text: string,
  of: RedactedOf,
): Promise<readonly TextFind[]> {
  const finds: TextFind[] = [];
  for (const one of TEXT_TABLES) {
    const owner = belongs(one, of);
    if (owner === undefined) continue;
    const columns = [...one.key, ...one.text, ...one.json];
    const holding = [...one.text, ...one.json].map((column) => holdsText(column, text));
    const { rows } = await sql`select ${sql.join(columns.map((column) => sql.ref(column)))}
      from ${core.dialect.table(one.table)} where ${owner} and (${sql.join(holding, sql` or `)})`.execute(db);
    finds.push(...rows.flatMap((row) => findOf(one, Row.parse(row), text) ?? []));
  }
  return finds;
}

/** Undefined where no row of the table can belong to it. */
function belongs({ item, candidate }: TextTable, of: RedactedOf): RawBuilder<boolean> | undefined {
  const isUnowned = item === undefined && candidate === undefined;
  if (of === undefined || isUnowned) return sql<boolean>`1 = 1`;
  const column = of.stream === "item" ? item : candidate;
  return column === undefined ? undefined : sql<boolean>`${sql.ref(column)} = ${of.id}`;
}

function findOf(
  { table, key, text: texts, json }: TextTable,
  row: z.output<typeof Row>,
  text: string,
): TextFind | undefined {
  const after = [
    ...texts.map((column) => [column, takeOut(String(row[column] ?? ""), text)] as const),
    ...json.map((column) => [column, takeOutOfJson(String(row[column] ?? "null"), text)] as const),
  ];
  const changed = after.filter(([column, value]) => row[column] !== null && row[column] !== value);
  if (changed.length === 0) return undefined; // the column's escapes looked like the text
  return {
    table,
    key: Object.fromEntries(key.map((column) => [column, row[column] ?? ""])),
    columns: Object.fromEntries(changed),
  };
}

export async function takeOutOfTexts(unit: Unit, finds: readonly TextFind[]): Promise<void> {
  for (const { table, key, columns } of finds) {
    const each = (record: Readonly<Record<string, string | number>>) =>
      Object.entries(record).map(([column, value]) => sql`${sql.ref(column)} = ${value}`);
    await sql`update ${unit.core.dialect.table(table)} set ${sql.join(each(columns))}
      where ${sql.join(each(key), sql` and `)}`.execute(unit.tx);
  }
}

/** Whose texts; undefined for everything. */
export type RedactedOf = Parameters<HistoryStore["redact"]>[0]["of"];

/** A condition: a column holds a text in one of the forms in which it is written. Letters count as they are, in both databases. */
export function holdsText(column: string, text: string): RawBuilder<boolean> {
  const tries = writtenForms(text).map(
    (form) => sql`replace(${sql.ref(column)}, ${form}, '') <> ${sql.ref(column)}`,
  );
  return sql<boolean>`(${sql.join(tries, sql` or `)})`;
}
