import { invalidField } from "#domain/errors.ts";
import type { Followed, HistoryStore } from "#operations/ports/store/history-store.ts";
import type { Core } from "#store/core.ts";
import { pageSize, readCursor, writeCursor } from "#store/cursor.ts";
import type { Database } from "#store/dialect.ts";
import { readEvent } from "./event-row.ts";
import { withPayloads } from "./payloads.ts";

type Request = Parameters<HistoryStore["follow"]>[0];

/** Before the first entry. */
const BEGINNING = { position: "0", id: 0 };

export async function follow(
  { dialect: { following } }: Core,
  db: Database,
  { after, limit }: Request,
): Promise<Followed> {
  const settled = db
    .selectFrom("event")
    .selectAll("event")
    .select(following.position.as("position"))
    .where(following.settled);
  const from = placeOf(after);
  if (from === undefined) {
    const last = await settled.orderBy(following.newestFirst).limit(1).executeTakeFirst();
    return { events: [], next: cursorOf(last ?? BEGINNING) };
  }
  const rows = await settled
    .where(following.after(from.position, from.id))
    .orderBy(following.order)
    .limit(pageSize({ limit }))
    .execute();
  const events = await withPayloads(db, rows);
  return {
    events: events.map((row) => ({ ...readEvent(row), place: cursorOf(row) })),
    next: cursorOf(rows.at(-1) ?? from),
  };
}

interface Place {
  readonly position: string;
  readonly id: number;
}

const cursorOf = ({ position, id }: Place): string => writeCursor([position === "" ? "0" : position, id]);

function placeOf(cursor: string | undefined): Place | undefined {
  const key = readCursor(cursor, 2);
  if (key === undefined) return undefined;
  const [position, id] = key;
  if (typeof position === "string" && /^\d{1,19}$/.test(position) && Number.isSafeInteger(id))
    return { position, id: Number(id) };
  throw invalidField("cursor", cursor, "the place that an earlier answer named");
}
