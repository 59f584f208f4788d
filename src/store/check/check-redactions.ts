import type { Finding } from "#operations/ports/store/history-store.ts";
import type { Database } from "#store/dialect.ts";
import { entriesOf } from "#store/history/payloads.ts";

/** What is marked as taken out is compared with nothing; so each mark must be of a moment at which somebody took something out. */
export async function checkRedactions(db: Database): Promise<readonly Finding[]> {
  const redactions = await db
    .selectFrom("event")
    .select("at")
    .where("operation", "=", "log.redact")
    .execute();
  const times = new Set(redactions.map(({ at }) => at));
  const isUntold = (at: number | null) => at !== null && !times.has(at);
  const rows = await db
    .selectFrom("event_payload")
    .select(["event_id", "redacted_at"])
    .where("redacted_at", "is not", null)
    .orderBy("event_id")
    .execute();
  const marked = rows.filter(({ redacted_at: at }) => isUntold(at)).map(({ event_id: id }) => id);
  for await (const block of blocks(db))
    for (const [id, , at] of entriesOf(block)) if (isUntold(at)) marked.push(id);
  return marked.map(untold);
}

async function* blocks(db: Database) {
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

const untold = (id: number): Finding => ({
  severity: "error",
  check: "history.redacted",
  message: `Entry ${id} of the history is marked as redacted, and no entry says who took it out`,
});
