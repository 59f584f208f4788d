import type { HistoryStore } from "#operations/ports/store/history-store.ts";
import { archive, checkArchive } from "./archive.ts";
import { checkRedactions } from "#store/check/check-redactions.ts";
import { checkReplay } from "#store/check/check-replay.ts";
import { checkQuick, checkStore } from "#store/check/check-store.ts";
import type { Core } from "#store/core.ts";
import { cursorId, pageSize, toPage } from "#store/cursor.ts";
import { readEvent, follow } from "./follow.ts";
import { withPayloads } from "./payloads.ts";
import { repair } from "#store/check/repair.ts";
import { checkSeals, sealHistory } from "./seals.ts";
import { undo } from "#store/item/undo.ts";

export function historyStore(core: Core): HistoryStore {
  return {
    events: ({ stream, streamId, actor, newestFirst, page }) =>
      core.read(async (db) => {
        const limit = pageSize(page);
        const from = cursorId(page.cursor);
        const rows = await db
          .selectFrom("event")
          .selectAll("event")
          .$if(stream !== undefined, (q) => q.where("event.stream", "=", stream ?? ""))
          .$if(streamId !== undefined, (q) => q.where("event.stream_id", "=", streamId ?? 0))
          .$if(actor !== undefined, (q) => q.where("event.actor", "=", actor ?? ""))
          .$if(from !== undefined, (q) => q.where("event.id", newestFirst ? "<" : ">", from ?? 0))
          .orderBy("event.id", newestFirst ? "desc" : "asc")
          .limit(limit + 1)
          .execute();
        return toPage(await withPayloads(db, rows), limit, readEvent, (row) => [row.id]);
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
