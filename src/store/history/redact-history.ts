import { sql } from "kysely";
import { takeOutOfJson } from "#domain/text/redaction.ts";
import { digestOf } from "./archive.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { archivedBlocks, blockBody, entriesOf } from "./payloads.ts";
import { holdsText, type RedactedOf } from "./redact-texts.ts";

/** What of the history holds a text. */
export interface HistoryFinds {
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
