import type { ExpressionBuilder, Selectable } from "kysely";
import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import type {
  HistoryStore,
  Followed,
  HistoryEvent,
  ToldEvent,
} from "#operations/ports/store/history-store.ts";
import { checkRedactions } from "#store/check/check-history.ts";
import { checkReplay } from "#store/check/check-replay.ts";
import { checkQuick, checkStore } from "#store/check/check-store.ts";
import { repair } from "#store/check/repair.ts";
import { fields } from "#store/row-fields.ts";
import type { Core } from "#store/core.ts";
import { cursorId, pageSize, toPage, readCursor, writeCursor } from "#store/cursor.ts";
import type { Database } from "#store/dialect.ts";
import { actorName } from "#store/item/item-row.ts";
import type { Tables } from "#store/schema.ts";
import { undo } from "#store/item/undo.ts";
import { archive, checkArchive } from "./archive.ts";
import type { EventTable } from "./event-schema.ts";
import { withPayloads, type Payload } from "./payloads.ts";
import { checkSeals, sealHistory } from "./seals.ts";

export function historyStore(core: Core): HistoryStore {
  return {
    events: ({ stream, streamId, actor, projectId, since, newestFirst, page }) =>
      core.read(async (db) => {
        const limit = pageSize(page);
        const from = cursorId(page.cursor);
        const rows = await db
          .selectFrom("event")
          .selectAll("event")
          .$if(stream !== undefined, (q) => q.where("event.stream", "=", stream ?? ""))
          .$if(streamId !== undefined, (q) => q.where("event.stream_id", "=", streamId ?? 0))
          .$if(actor !== undefined, (q) => q.where("event.actor", "=", actor ?? ""))
          .$if(projectId !== undefined, (q) => q.where((eb) => ofProject(eb, projectId ?? 0)))
          .$if(since !== undefined, (q) => q.where("event.at", ">=", since ?? 0))
          .$if(from !== undefined, (q) => q.where("event.id", newestFirst ? "<" : ">", from ?? 0))
          .orderBy("event.id", newestFirst ? "desc" : "asc")
          .limit(limit + 1)
          .execute();
        const told = toPage(await withPayloads(db, rows), limit, readEvent, (row) => [row.id]);
        return { ...told, items: await withNotes(db, told.items) };
      }),
    follow: (request) => core.read((db) => follow(core, db, request)),
    undo: (request) => undo(core, request),
    seal: (request) => sealHistory(core, request),
    archive: (request) => archive(core, request),
    redact: async (request) => (await import("./redact.ts")).redact(core, request),
    repair: (request) => repair(core, request),
    check: ({ deep = false } = {}) =>
      core.read(async (db) =>
        deep
          ? [
              ...(await checkStore(core, db)),
              ...(await checkReplay(db)),
              ...(await checkSeals(db)),
              ...(await checkRedactions(core, db)),
              ...(await checkArchive(db)),
            ]
          : await checkQuick(core, db),
      ),
  };
}

/** Entries of a project's own history and of what belongs to it. */
function ofProject(eb: ExpressionBuilder<Tables, "event">, projectId: number) {
  const own = (stream: "item" | "candidate" | "repo") =>
    eb.and([
      eb("event.stream", "=", stream),
      eb(
        "event.stream_id",
        "in",
        eb.selectFrom(stream).select(`${stream}.id`).where(`${stream}.project_id`, "=", projectId),
      ),
    ]);
  const project = eb.and([eb("event.stream", "=", "project"), eb("event.stream_id", "=", projectId)]);
  return eb.or([own("item"), own("candidate"), own("repo"), project]);
}

/** Notes that are written with an entry which does not have their words itself, by its operation. */
const NOTE_KINDS: Readonly<Record<string, string>> = {
  release: "release",
  finish: "finish",
  "run.end": "run",
};

/** Each entry with the note that was written with it: the one that it names, or the one of its item and moment. */
async function withNotes(db: Database, events: readonly HistoryEvent[]): Promise<readonly ToldEvent[]> {
  const ofItems = events.filter(({ stream }) => stream === "item");
  const times = ofItems.map(({ at }) => at);
  const notes =
    ofItems.length === 0
      ? []
      : await db
          .selectFrom("note")
          .select(["id", "item_id", "at", "kind", "body"])
          .where("item_id", "in", Array.from(new Set(ofItems.map(({ streamId }) => streamId))))
          .where("at", ">=", Math.min(...times))
          .where("at", "<=", Math.max(...times))
          .execute();
  return events.map((event) => {
    const named = event.changes["note"];
    const note = notes.find((one) =>
      named === undefined
        ? one.kind === NOTE_KINDS[event.operation] && one.at === event.at && one.item_id === event.streamId
        : one.id === named,
    );
    return { ...event, said: event.stream === "item" ? (note?.body ?? null) : null };
  });
}

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
    .where(await following.settled(db));
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
  throw invalidField("cursor", cursor, "the cursor of an earlier answer");
}

const Changes = z.record(z.string(), z.unknown());

/** An entry of the history as the store answers it. */
export function readEvent(row: Selectable<EventTable> & Payload): HistoryEvent {
  return {
    ...fields(row, "id stream stream_id n at auth operation run_id idempotency_key redacted_at"),
    actor: actorName(row.actor),
    interface: row.door,
    changes: Changes.parse(JSON.parse(row.changes)),
  };
}
