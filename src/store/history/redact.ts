import { sql, type RawBuilder } from "kysely";
import { z } from "zod";
import { requireHuman } from "#domain/caller.ts";
import { Spec } from "#domain/item/spec.ts";
import { candidateRef } from "#domain/ref.ts";
import { takeOut, takeOutOfJson, writtenForms } from "#domain/text/redaction.ts";
import type { HistoryStore, Redacted } from "#operations/ports/store/history-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { lockItem, replaceItem } from "#store/item/item-save.ts";
import { refOf } from "#store/item/refs.ts";
import { readSpec, writeSpec } from "#store/item/specs.ts";
import type { Tables } from "#store/schema.ts";
import { digestOf } from "./archive.ts";
import { recordWorkspaceEvent } from "./events.ts";
import { archivedBlocks, blockBody, entriesOf } from "./payloads.ts";

type Request = Parameters<HistoryStore["redact"]>[0];

/** Ids of entries that the redaction's own entry names. */
const NAMED = 1_000;

/** Everything that holds the text. */
interface Finds {
  readonly history: HistoryFinds;
  readonly texts: readonly TextFind[];
  /** Items whose title or spec holds it. */
  readonly items: readonly number[];
}

/** Takes a text out of all that is kept, in one transaction; a dry run only counts. */
export async function redact(core: Core, request: Request): Promise<Redacted> {
  requireHuman(request.by, "take a text out of the history");
  if (request.dryRun) return core.read(async (db) => counted(await find(core, db, request)));
  return core.write(request.by, "log.redact", async (unit) => {
    await core.dialect.lock(unit.tx, "archive");
    const finds = await find(core, unit.tx, request);
    const counts = counted(finds);
    if (counts.entries + counts.texts === 0) return counts;
    await takeOutOfHistory(unit, finds.history, request.text);
    await takeOutOfTexts(unit, finds.texts);
    for (const id of finds.items) await takeOutOfItem(unit, id, request.text);
    await recordWorkspaceEvent(unit, await facts(unit, request, finds, counts));
    return counts;
  });
}

async function find(core: Core, db: Database | Tx, { of, text }: Request): Promise<Finds> {
  const history = await findInHistory(core, db, text, of);
  return { history, texts: await findInTexts(core, db, text, of), items: await itemsWith(db, text, of) };
}

const counted = ({ history: { rows, blocks }, texts, items }: Finds): Redacted => {
  const archived = blocks.reduce((sum, { ids }) => sum + ids.length, 0);
  return { entries: rows.length + archived, archived, texts: texts.length + items.length };
};

async function itemsWith(db: Database | Tx, text: string, of: Request["of"]): Promise<readonly number[]> {
  if (of?.stream === "candidate") return [];
  const rows = await db
    .selectFrom("item")
    .leftJoin("item_spec", "item_spec.item_id", "item.id")
    .select(["item.id", "item.title", "item_spec.spec"])
    .where((eb) => eb.or([holdsText("item.title", text), holdsText("item_spec.spec", text)]))
    .$if(of !== undefined, (query) => query.where("item.id", "=", of?.id ?? 0))
    .orderBy("item.id")
    .execute();
  const holds = ({ title, spec }: (typeof rows)[number]) =>
    takeOut(title, text) !== title || (spec !== null && takeOutOfJson(spec, text) !== spec);
  return rows.filter(holds).map(({ id }) => id);
}

/** Without an entry of the item's own, which would say what stood there. What search knows of it follows. */
async function takeOutOfItem(unit: Unit, id: number, text: string): Promise<void> {
  const item = await lockItem(unit, id);
  const title = takeOut(item.title, text);
  await replaceItem(unit, item, { title, version: item.version + 1 });
  const spec = takeOutOfJson(JSON.stringify(await readSpec(unit.tx, id)), text);
  await writeSpec(unit, id, Spec.parse(JSON.parse(spec)), title);
}

async function facts(unit: Unit, { of, reason }: Request, finds: Finds, counts: Redacted) {
  const { rows, blocks } = finds.history;
  const ids = [...blocks.flatMap(({ ids: own }) => own), ...rows.map(({ id }) => id)];
  const ref =
    of === undefined ? {} : { ref: of.stream === "item" ? await refOf(unit.tx, of.id) : candidateRef(of.id) };
  return { ...ref, reason, ...counts, events: ids.slice(0, NAMED) };
}

/** What of the history holds a text. */
interface HistoryFinds {
  /** Entries that stand in a row of their own. */
  readonly rows: readonly { readonly id: number; readonly changes: string }[];
  /** Blocks of the archive, each with the ids of those entries. */
  readonly blocks: readonly { readonly firstId: number; readonly ids: readonly number[] }[];
}

export async function findInHistory(
  core: Core,
  db: Database | Tx,
  text: string,
  of: RedactedOf,
): Promise<HistoryFinds> {
  const rows = await db
    .selectFrom("event_payload")
    .innerJoin("event", "event.id", "event_payload.event_id")
    .select(["event.id", "event_payload.changes"])
    .where(holdsText("event_payload.changes", text))
    .where(ofStreams(core, of))
    .orderBy("event.id")
    .execute();
  const changed = rows.filter(({ changes }) => takeOutOfJson(changes, text) !== changes);
  return { rows: changed, blocks: await findInArchive(core, db, text, of) };
}

/** The entries of an item, and of the candidate that it came from. */
function ofStreams(core: Core, of: RedactedOf) {
  const column = (name: string) => sql.ref(`event.${name}`);
  if (of === undefined) return sql<boolean>`1 = 1`;
  const own = sql`${column("stream")} = ${of.stream} and ${column("stream_id")} = ${of.id}`;
  if (of.stream === "candidate") return sql<boolean>`(${own})`;
  const from = sql`select id from ${core.dialect.table("candidate")} where item_id = ${of.id}`;
  return sql<boolean>`((${own}) or (${column("stream")} = 'candidate' and ${column("stream_id")} in (${from})))`;
}

async function findInArchive(core: Core, db: Database | Tx, text: string, of: RedactedOf) {
  const found: { firstId: number; ids: readonly number[] }[] = [];
  for await (const block of archivedBlocks(db)) {
    const holding = entriesOf(block).filter(([, changes]) => takeOutOfJson(changes, text) !== changes);
    const ids = await within(
      core,
      db,
      holding.map(([id]) => id),
      of,
    );
    if (ids.length > 0) found.push({ firstId: block.first_id, ids });
  }
  return found;
}

async function within(
  core: Core,
  db: Database | Tx,
  ids: readonly number[],
  of: RedactedOf,
): Promise<readonly number[]> {
  if (of === undefined || ids.length === 0) return ids;
  const rows = await db
    .selectFrom("event")
    .select("id")
    .where("id", "in", ids)
    .where(ofStreams(core, of))
    .orderBy("id")
    .execute();
  return rows.map(({ id }) => id);
}

export async function takeOutOfHistory(
  unit: Unit,
  { rows, blocks }: HistoryFinds,
  text: string,
): Promise<void> {
  for (const { id, changes } of rows)
    await unit.tx
      .updateTable("event_payload")
      .set({ changes: takeOutOfJson(changes, text), redacted_at: unit.now })
      .where("event_id", "=", id)
      .execute();
  for (const { firstId, ids } of blocks) await rewriteBlock(unit, firstId, new Set(ids), text);
}

/** The block's entries stay as many and as they were, but for the text. */
async function rewriteBlock(
  unit: Unit,
  firstId: number,
  ids: ReadonlySet<number>,
  text: string,
): Promise<void> {
  const block = await unit.tx
    .selectFrom("event_block")
    .selectAll()
    .where("first_id", "=", firstId)
    .executeTakeFirstOrThrow();
  const body = blockBody(
    entriesOf(block).map((entry) =>
      ids.has(entry[0]) ? [entry[0], takeOutOfJson(entry[1], text), unit.now] : entry,
    ),
  );
  await unit.tx
    .updateTable("event_block")
    .set({ body, sha256: digestOf(body), redactions: block.redactions + 1 })
    .where("first_id", "=", firstId)
    .execute();
}

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
interface TextFind {
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
type RedactedOf = Parameters<HistoryStore["redact"]>[0]["of"];

/** A condition: a column holds a text in one of the forms in which it is written. Letters count as they are, in both databases. */
export function holdsText(column: string, text: string): RawBuilder<boolean> {
  const tries = writtenForms(text).map(
    (form) => sql`replace(${sql.ref(column)}, ${form}, '') <> ${sql.ref(column)}`,
  );
  return sql<boolean>`(${sql.join(tries, sql` or `)})`;
}
