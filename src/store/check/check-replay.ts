import { z } from "zod";
import { differsFrom, replayItem, type ToldChange } from "#domain/item/replay.ts";
import { formatRef } from "#domain/ref.ts";
import type { Finding } from "#operations/ports/store/history-store.ts";
import type { Database } from "#store/dialect.ts";
import { FOLLOWED, itemColumns, readItem } from "#store/item/item-row.ts";
import { withPayloads } from "#store/history/payloads.ts";
import { prefixOf } from "#store/item/refs.ts";
import { MOST } from "./key-ranges.ts";

/** Items whose history is in memory at a time. */
const BATCH = 500;

const Changes = z.record(z.string(), z.unknown());

/** Plays the history of every item against the lifecycle, and says of each the first entry that cannot have happened. */
export async function checkReplay(db: Database): Promise<readonly Finding[]> {
  const prefix = await prefixOf(db);
  const findings: Finding[] = [];
  for (let last = 0; findings.length < MOST;) {
    const rows = await db
      .selectFrom("item")
      .selectAll()
      .where("id", ">", last)
      .orderBy("id")
      .limit(BATCH)
      .execute();
    const [first] = rows;
    last = rows.at(-1)?.id ?? 0;
    if (first === undefined) break;
    const told = await entriesOf(db, first.id, last);
    for (const row of rows) {
      // Others go on writing: what they told after the row was read is not of this row.
      const entries = (told.get(row.id) ?? []).filter(({ n }) => n <= row.event_n);
      const message = problemOf(entries, itemColumns(readItem(row)));
      const ref = formatRef(prefix, row.id);
      if (message !== undefined)
        findings.push({ severity: "error", check: "history.replay", message: `${ref}: ${message}`, ref });
    }
  }
  return findings.slice(0, MOST);
}

function problemOf(entries: readonly ToldChange[], row: object): string | undefined {
  const replayed = replayItem(FOLLOWED, entries);
  if (replayed.kind === "broken")
    return `entry ${replayed.n} of its history (${replayed.operation}) ${replayed.why}`;
  return differsFrom(replayed.last, Object.fromEntries(Object.entries(row)));
}

async function entriesOf(
  db: Database,
  from: number,
  to: number,
): Promise<ReadonlyMap<number, readonly ToldChange[]>> {
  const rows = await db
    .selectFrom("event")
    .select(["event.id", "event.stream_id", "event.n", "event.operation"])
    .where("event.stream", "=", "item")
    .where("event.stream_id", ">=", from)
    .where("event.stream_id", "<=", to)
    .orderBy("event.stream_id")
    .orderBy("event.n")
    .execute();
  const told = new Map<number, ToldChange[]>();
  for (const { stream_id: id, n, operation, changes, redacted_at: redactedAt } of await withPayloads(
    db,
    rows,
  )) {
    const entries = told.get(id) ?? [];
    entries.push({
      n,
      operation,
      changes: redactedAt === null ? Changes.parse(JSON.parse(changes)) : undefined,
    });
    told.set(id, entries);
  }
  return told;
}
