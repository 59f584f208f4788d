import { sql, type RawBuilder } from "kysely";
import { formatRef } from "#domain/ref.ts";
import type { Finding } from "#operations/ports/store/history-store.ts";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { bareEntries } from "#store/history/archive.ts";
import { archivedBlocks, entriesOf } from "#store/history/payloads.ts";
import { prefixOf } from "#store/item/refs.ts";
import { findInRanges, keyRanges, MOST } from "./key-ranges.ts";

interface Stream {
  readonly stream: string;
  readonly id: number;
}

/** Each stream counts 1, 2, 3 … and its row knows the last number; each entry has what changed. */
export async function checkHistory(core: Core, db: Database): Promise<readonly Finding[]> {
  const { table } = core.dialect;
  const gapsIn = async (streams: RawBuilder<unknown>) =>
    (
      await sql<Stream>`select stream, stream_id as id from ${table("event")} where ${streams}
        group by stream, stream_id having count(*) <> max(n) or min(n) <> 1 limit ${MOST}`.execute(db)
    ).rows;
  const gapsOf = (stream: "item" | "candidate") =>
    findInRanges(keyRanges(core, db, stream), ({ from, to }) =>
      gapsIn(sql`stream = ${stream} and stream_id between ${from} and ${to}`),
    );
  const behind = await findInRanges(keyRanges(core, db, "item"), async ({ from, to }) => {
    const { rows } = await sql<{
      id: number;
    }>`select i.id from ${table("item")} i where i.id between ${from} and ${to}
      and i.event_n <> (select coalesce(max(e.n), 0) from ${table("event")} e where e.stream = 'item' and e.stream_id = i.id)`.execute(
      db,
    );
    return rows;
  });
  const gaps = [
    ...(await gapsOf("item")),
    ...(await gapsOf("candidate")),
    ...(await gapsIn(sql`stream not in ('item', 'candidate')`)),
  ];
  const bare = await findInRanges(keyRanges(core, db, "event"), (range) => bareEntries(core, db, range));
  const prefix = await prefixOf(db);
  return [
    ...gaps.map(({ stream, id }): Finding => ({
      severity: "error",
      check: "history.gap",
      message: `The history of ${stream} ${id} has a gap`,
    })),
    ...behind.map(({ id }): Finding => ({
      severity: "error",
      check: "history.behind",
      message: `${formatRef(prefix, id)} and its history disagree`,
      ref: formatRef(prefix, id),
    })),
    ...bare.map((id): Finding => ({
      severity: "error",
      check: "history.payload",
      message: `Event ${id} has lost what changed`,
    })),
  ];
}

/** What is marked as taken out is compared with nothing; so each mark must be of a moment at which somebody took something out. */
export async function checkRedactions(core: Core, db: Database): Promise<readonly Finding[]> {
  const times = new Set<number>();
  for await (const { from, to } of keyRanges(core, db, "event"))
    for (const { at } of await db
      .selectFrom("event")
      .select("at")
      .where("id", ">=", from)
      .where("id", "<=", to)
      .where("operation", "=", "log.redact")
      .execute())
      times.add(at);
  const isUntold = (at: number | null) => at !== null && !times.has(at);
  const marked: number[] = [
    ...(await findInRanges(keyRanges(core, db, "event"), async ({ from, to }) => {
      const rows = await db
        .selectFrom("event_payload")
        .select(["event_id", "redacted_at"])
        .where("event_id", ">=", from)
        .where("event_id", "<=", to)
        .where("redacted_at", "is not", null)
        .orderBy("event_id")
        .execute();
      return rows.filter(({ redacted_at: at }) => isUntold(at)).map(({ event_id: id }) => id);
    })),
  ];
  for await (const block of archivedBlocks(db)) {
    if (marked.length >= MOST) break;
    for (const [id, , at] of entriesOf(block)) if (isUntold(at)) marked.push(id);
  }
  return marked.slice(0, MOST).map(untold);
}

const untold = (id: number): Finding => ({
  severity: "error",
  check: "history.redacted",
  message: `Entry ${id} of the history is marked as redacted, and no entry says who redacted it`,
});
