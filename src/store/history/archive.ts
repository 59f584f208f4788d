import { createHash } from "node:crypto";
import { sql } from "kysely";
import { formatActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { invalidField } from "#domain/errors.ts";
import type { Archived, Finding, HistoryStore } from "#operations/ports/store/history-store.ts";
import { databaseNow, type Core, type Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { archivedBlocks, blockBody, type BlockEntry } from "./payloads.ts";

/** Entries of one block: enough to compress well, few enough that reading one entry stays quick. */
const BLOCK = 1_000;
/** Younger entries are what people look at, undo and plan by; and none of them is still being written. */
const YOUNGEST_MS = 30 * 86_400_000;
/** Findings kept. */
const MOST = 20;

type Request = Parameters<HistoryStore["archive"]>[0];

/** Puts what old entries changed into compressed blocks, one write each, so that a stop loses nothing and the next call goes on. */
export async function archive(core: Core, { by, olderThanMs, dryRun }: Request): Promise<Archived> {
  requireHuman(by, "archive the history");
  if (!(olderThanMs >= YOUNGEST_MS)) throw invalidField("before", olderThanMs, "at least 30 days");
  const before = (await core.read((db) => databaseNow(db, core.dialect))) - olderThanMs;
  if (dryRun) return core.read((db) => countOld(db, before));
  const total = { entries: 0, blocks: 0, bytes: 0, compressedBytes: 0 };
  for (;;) {
    const done = await core.write(by, "log.archive", (unit) => archiveBlock(unit, before));
    if (done === undefined) return total;
    total.entries += done.entries;
    total.blocks += 1;
    total.bytes += done.bytes;
    total.compressedBytes += done.compressedBytes;
  }
}

/** The next block of entries, all of them old enough; undefined when there is no whole one. */
async function archiveBlock(unit: Unit, before: number): Promise<Omit<Archived, "blocks"> | undefined> {
  const { tx } = unit;
  await unit.core.dialect.lock(tx, "archive");
  const rows = await tx
    .selectFrom("event")
    .innerJoin("event_payload", "event_payload.event_id", "event.id")
    .select(["event.id", "event.at", "event_payload.changes", "event_payload.redacted_at"])
    .where("event.id", ">", await lastArchived(tx))
    .orderBy("event.id")
    .limit(BLOCK)
    .execute();
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined || rows.length < BLOCK) return undefined;
  if (rows.some(({ at }) => at >= before)) return undefined;
  const entries = rows.map(({ id, changes, redacted_at }): BlockEntry => [id, changes, redacted_at]);
  const body = blockBody(entries);
  await tx
    .insertInto("event_block")
    .values({
      first_id: first.id,
      last_id: last.id,
      entries: rows.length,
      body,
      sha256: digestOf(body),
      actor: formatActor(unit.by.actor),
      at: unit.now,
    })
    .execute();
  await tx
    .deleteFrom("event_payload")
    .where(
      "event_id",
      "in",
      rows.map(({ id }) => id),
    )
    .execute();
  const bytes = rows.reduce((sum, { changes }) => sum + changes.length, 0);
  return { entries: rows.length, bytes, compressedBytes: body.length };
}

/** What a block is compared with. */
export const digestOf = (body: string): string => createHash("sha256").update(body).digest("hex");

async function lastArchived(db: Database | Tx): Promise<number> {
  const { last } = await db
    .selectFrom("event_block")
    .select((eb) => eb.fn.max("last_id").as("last"))
    .executeTakeFirstOrThrow();
  return Number(last ?? 0);
}

/** What whole blocks would take, without knowing how well they compress. */
async function countOld(db: Database, before: number): Promise<Archived> {
  const { n } = await db
    .selectFrom("event")
    .select((eb) => eb.fn.countAll<number>().as("n"))
    .where("id", ">", await lastArchived(db))
    .where("at", "<", before)
    .executeTakeFirstOrThrow();
  const blocks = Math.floor(Number(n) / BLOCK);
  return { entries: blocks * BLOCK, blocks, bytes: 0, compressedBytes: 0 };
}

/** Blocks that are not as they were written. */
export async function checkArchive(db: Database): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for await (const block of archivedBlocks(db)) {
    if (findings.length === MOST) break;
    if (digestOf(block.body) !== block.sha256)
      findings.push({
        severity: "error",
        check: "history.archive",
        message: `Entries ${block.first_id} to ${block.last_id} of the archive are damaged: restore them from a backup`,
      });
  }
  return findings;
}

/** Entries that have lost what changed: neither in a row of their own nor within a block. */
export async function bareEntries(
  core: Core,
  db: Database,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly number[]> {
  const { table } = core.dialect;
  const { rows } = await sql<{ id: number }>`select e.id from ${table("event")} e
    left join ${table("event_payload")} p on p.event_id = e.id
    where e.id between ${from} and ${to} and p.event_id is null and e.id > coalesce((select b.last_id from ${table("event_block")} b
      where b.first_id <= e.id order by b.first_id desc limit 1), 0)`.execute(db);
  return rows.map(({ id }) => id);
}
