import { z } from "zod";
import type { Database, Tx } from "#store/dialect.ts";
import type { Selectable } from "kysely";
import type { EventBlockTable } from "./event-schema.ts";

/** What an entry of the history changed. */
export interface Payload {
  /** JSON: field → [old, new], or the value of a new field. */
  readonly changes: string;
  /** When it was taken out on purpose, epoch milliseconds. */
  readonly redacted_at: number | null;
}

/** Of a block: each entry's id, what changed, when that was taken out. */
const BlockEntries = z.lazy(() => z.array(z.tuple([z.int(), z.string(), z.number().nullable()])));
export type BlockEntry = Readonly<z.infer<typeof BlockEntries>[number]>;

/** Ids asked for at a time; SQLite binds at most 32,766 values. */
const BATCH = 5_000;

/** The same rows with what each entry changed, in their order. A row whose payload is lost is left out; doctor names it. */
export async function withPayloads<R extends { readonly id: number }>(
  db: Database | Tx,
  rows: readonly R[],
): Promise<readonly (R & Payload)[]> {
  const payloads = await payloadsOf(
    db,
    rows.map(({ id }) => id),
  );
  return rows.flatMap((row) => {
    const payload = payloads.get(row.id);
    return payload === undefined ? [] : [{ ...row, ...payload }];
  });
}

/** What entries changed, whether it stands in a row of its own or in a block of the archive. */
export async function payloadsOf(
  db: Database | Tx,
  ids: readonly number[],
): Promise<ReadonlyMap<number, Payload>> {
  const found = new Map<number, Payload>();
  for (let at = 0; at < ids.length; at += BATCH) {
    const rows = await db
      .selectFrom("event_payload")
      .select(["event_id", "changes", "redacted_at"])
      .where("event_id", "in", ids.slice(at, at + BATCH))
      .execute();
    for (const { event_id: id, ...payload } of rows) found.set(id, payload);
  }
  const missing = ids.filter((id) => !found.has(id)).toSorted((a, b) => a - b);
  for (let next = missing[0]; next !== undefined;) {
    const wanted = next;
    const block = await blockOf(db, wanted);
    const last = block?.last_id ?? wanted;
    for (const [id, changes, redacted_at] of block === undefined ? [] : entriesOf(block))
      if (!found.has(id)) found.set(id, { changes, redacted_at });
    next = missing.find((id) => id > last);
  }
  return found;
}

/** The block whose range an entry lies in. */
async function blockOf(db: Database | Tx, id: number): Promise<Selectable<EventBlockTable> | undefined> {
  const block = await db
    .selectFrom("event_block")
    .selectAll()
    .where("first_id", "<=", id)
    .orderBy("first_id", "desc")
    .limit(1)
    .executeTakeFirst();
  return block !== undefined && block.last_id >= id ? block : undefined;
}

/** The blocks of the archive, oldest first, one in memory at a time. */
export async function* archivedBlocks(db: Database | Tx): AsyncGenerator<Selectable<EventBlockTable>> {
  for (let last = 0; ;) {
    const block = await db
      .selectFrom("event_block")
      .selectAll()
      .where("first_id", ">", last)
      .orderBy("first_id")
      .limit(1)
      .executeTakeFirst();
    if (block === undefined) return;
    yield block;
    last = block.first_id;
  }
}

/** The entries of a block as text that any database stores. */
export const blockBody = (entries: readonly BlockEntry[]): string =>
  Bun.zstdCompressSync(Buffer.from(JSON.stringify(entries))).toString("base64");

export const entriesOf = ({ body }: Pick<EventBlockTable, "body">): readonly BlockEntry[] =>
  BlockEntries.parse(JSON.parse(Bun.zstdDecompressSync(Buffer.from(body, "base64")).toString()));
