import type { Finding } from "#operations/ports/store/history-store.ts";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { archivedBlocks, entriesOf } from "#store/history/payloads.ts";
import { findInRanges, keyRanges, MOST } from "./key-ranges.ts";

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
  message: `Entry ${id} of the history is marked as redacted, and no entry says who took it out`,
});
